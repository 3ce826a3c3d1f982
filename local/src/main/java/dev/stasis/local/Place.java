package dev.stasis.local;

import dev.stasis.EndCause;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.guest.Lanes;
import dev.stasis.machine.Machine;
import dev.stasis.machine.MachineEnd;
import dev.stasis.machine.MachineFiles;
import dev.stasis.store.Home;
import dev.stasis.store.SandboxRecord;
import dev.stasis.store.StoreLock;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Where the things of one sandbox are.
///
/// @param home the home
/// @param name the sandbox's name
/// @param id the sandbox's id
/// @param folder where its disk layers and logs are
record Place(Home home, String name, String id, Path folder) {
    /// How many connections to its agent a machine has.
    static final int LANES = 16;

    /// The last lane is that of published ports, whether there are any or not.
    static final int PORTS_LANE = LANES - 1;

    /// A sandbox.
    Place(Home home, String name, String id) {
        this(home, name, id, home.sandboxFolder(name));
    }

    private static final Duration LOCK_DEADLINE = Duration.ofMinutes(2);
    private static final Duration DYING = Duration.ofMillis(500);

    Path logs() {
        return folder().resolve("logs");
    }

    Path run() {
        return home.runtime().of(id);
    }

    /// Held by the process that made an attached sandbox, for as long as it keeps it.
    Path ownerLock() {
        return folder().resolve("owner");
    }

    /// Held by whoever changes the sandbox.
    Path changeLock() {
        return folder().resolve("lock");
    }

    MachineFiles machineFiles() {
        return new MachineFiles(run(), logs());
    }

    /// The machine, which must live.
    ///
    /// @throws StasisException with {@link ErrorCode#MACHINE_FAILED} saying how it ended
    Machine machine() {
        return Machine.find(machineFiles()).orElseThrow(() -> machineEnded(null));
    }

    /// Waits a little for the end of a machine that something failed with: its sockets are gone
    /// before its launcher has written down how it ended.
    ///
    /// @return whether it has ended
    boolean awaitDying() {
        return Machine.awaitEnd(machineFiles(), DYING);
    }

    /// How the machine ended, for people.
    String machineEnd() {
        return Machine.end(machineFiles())
                .map(Object::toString)
                .orElse("its launcher was killed, or this computer was restarted");
    }

    /// How the machine ended, in a word.
    EndCause endCause() {
        return switch (Machine.end(machineFiles()).orElse(null)) {
            case MachineEnd.Idle() -> EndCause.IDLE;
            case MachineEnd.TimeOver() -> EndCause.MAX_DURATION;
            case MachineEnd.OwnerGone() -> EndCause.OWNER_GONE;
            case MachineEnd.Killed() -> EndCause.KILLED;
            case MachineEnd.Exited(int code) when code == 0 -> EndCause.POWERED_OFF;
            case MachineEnd.Exited _, MachineEnd.Signaled _, MachineEnd.Other _ ->
                    EndCause.MACHINE_DIED;
            case null -> EndCause.MACHINE_DIED;
        };
    }

    /// What to say of a machine that has ended.
    ///
    /// @param noticed how that was noticed, if by a failure
    StasisException machineEnded(@Nullable StasisException noticed) {
        var message =
                "The machine of sandbox %s has ended: %s; its logs are in %s"
                        .formatted(name, machineEnd(), logs());
        return CrashedException.orOther(machineFiles(), ErrorCode.MACHINE_FAILED, message, noticed);
    }

    Lanes lanes() {
        return new Lanes(run(), machineFiles().consoleLog(), PORTS_LANE);
    }

    /// The sandbox's record.
    ///
    /// @throws StasisException with {@link ErrorCode#SANDBOX_NOT_FOUND} when it was removed, even
    ///   if another one has its name now
    SandboxRecord record() {
        var found = home.sandboxes().get(name);
        if (!found.id().equals(id)) {
            throw new StasisException(
                    ErrorCode.SANDBOX_NOT_FOUND,
                    "Sandbox " + name + " (" + id + ") was removed; another one has its name now");
        }
        return found;
    }

    /// Takes the sandbox's lock, which every change of it needs.
    StoreLock lock(String purpose) {
        return home.sandboxes().lock(name, purpose, LOCK_DEADLINE);
    }
}
