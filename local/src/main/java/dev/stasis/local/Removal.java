package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.Machine;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.time.Duration;

/// Takes a sandbox away: its machine, its folders, and the bytes of snapshots that nobody needs
/// then.
final class Removal {
    private static final Duration KILL = Duration.ofSeconds(20);

    private final Place place;

    private Removal(Place place) {
        this.place = place;
    }

    static Removal of(Place place) {
        return new Removal(place);
    }

    /// Removes the sandbox, whatever it is doing. Does nothing when it is gone.
    void remove() {
        remove(false);
    }

    /// Removes the sandbox unless a living process owns it.
    void removeUnlessOwned() {
        remove(true);
    }

    private void remove(boolean unlessOwned) {
        try (var _ = place.lock("remove")) {
            boolean same =
                    place.home()
                            .sandboxes()
                            .find(place.name())
                            .filter(r -> r.id().equals(place.id()))
                            .isPresent();
            if (same && !(unlessOwned && Ownership.isHeld(place))) {
                removeLocked();
            }
        } catch (StasisException e) {
            if (e.code() != ErrorCode.SANDBOX_NOT_FOUND) {
                throw e;
            }
        }
    }

    /// Removes the sandbox, whose lock the caller holds.
    void removeLocked() {
        endMachine();
        place.home().sandboxes().remove(place.name());
        deleteRunFolder();
        place.home().snapshots().collect();
    }

    /// Ends the machine of something that is no sandbox, with all that it left in its run folder
    /// and its logs.
    void forgetMachine() {
        endMachine();
        deleteRunFolder();
        deleteLogs();
    }

    private void deleteLogs() {
        try (var logs = Files.newDirectoryStream(place.logs())) {
            for (var log : logs) {
                Files.deleteIfExists(log);
            }
            Files.deleteIfExists(place.logs());
        } catch (NoSuchFileException e) {
            // There were none.
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "The logs " + place.logs() + " could not be deleted", e);
        }
    }

    /// Ends the machine, if there is one.
    void endMachine() {
        var files = place.machineFiles();
        Machine.find(files).ifPresent(machine -> machine.kill(KILL));
        // A launcher whose owner died before it wrote its processes down ends by itself.
        if (!Machine.awaitEnd(files, KILL)) {
            throw new StasisException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "The machine of sandbox "
                            + place.name()
                            + " has not ended within "
                            + KILL
                            + ": "
                            + files.lock()
                            + " is still held");
        }
    }

    private void deleteRunFolder() {
        try (var entries = Files.newDirectoryStream(place.run())) {
            for (var entry : entries) {
                Files.deleteIfExists(entry);
            }
            Files.deleteIfExists(place.run());
            Files.deleteIfExists(place.home().runtime().root());
        } catch (NoSuchFileException | DirectoryNotEmptyException e) {
            // It is gone, or other sandboxes have folders beside it.
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED,
                    "The run folder " + place.run() + " could not be deleted",
                    e);
        }
    }
}
