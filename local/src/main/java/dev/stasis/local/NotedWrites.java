package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Since which snapshot the kernel notes what a sandbox's machine writes, and of which blocks of
/// its memory: a file in the run folder, which goes with the machine. It is taken away before a
/// capture, which begins the notes anew, and written when the snapshot is published: so one that is
/// interrupted leaves none, and the next capture compares all that was ever written.
final class NotedWrites {
    private static final String FILE = "noted";

    private final Path file;

    NotedWrites(Place place) {
        this.file = place.run().resolve(FILE);
    }

    /// Takes the file away.
    ///
    /// @param snapshot what the next one is told from
    /// @return the blocks of which it is known what was written since that
    Set<String> takeSince(String snapshot) {
        try {
            var lines = Files.readAllLines(file);
            Files.delete(file);
            return !lines.isEmpty() && lines.getFirst().equals(snapshot)
                    ? new HashSet<>(lines.subList(1, lines.size()))
                    : Set.of();
        } catch (NoSuchFileException e) {
            return Set.of();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /// Writes the file.
    void keepSince(String snapshot, Set<String> blocks) {
        if (blocks.isEmpty()) {
            return;
        }
        var lines = new ArrayList<>(List.of(snapshot));
        lines.addAll(blocks);
        try {
            Files.write(file, lines);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private StasisException failed(IOException e) {
        return new StasisException(ErrorCode.IO_FAILED, file + " can't be changed", e);
    }
}
