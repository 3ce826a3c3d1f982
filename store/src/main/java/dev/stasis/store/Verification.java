package dev.stasis.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;

/// The checks of a snapshot's files: the one that every restore makes, and the one that reads
/// everything.
///
/// A file is there, plain, and as long as it should be. If it has a digest it is what was found to
/// have it, see [Verified], or is digested now.
final class Verification {
    private final Home home;
    private final LongConsumer progress;
    private final boolean reading;
    private final Set<Path> done = new HashSet<>();
    private final Map<String, Verified> known = new HashMap<>();

    private Verification(Home home, LongConsumer progress, boolean reading) {
        this.home = home;
        this.progress = progress;
        this.reading = reading;
    }

    /// The check that every restore makes.
    static Verification beforeRestore(Home home) {
        return new Verification(home, _ -> {}, false);
    }

    /// The check that reads every file, each once.
    ///
    /// @param progress is told how many bytes were read or need not be read any more since it was
    ///   told last, on any thread
    static Verification ofEveryByte(Home home, LongConsumer progress) {
        return new Verification(home, progress, true);
    }

    /// Checks the files of one part of a snapshot.
    void check(SnapshotManifest manifest, Part part) throws IOException {
        if (!manifest.has(part)) {
            throw Failures.damaged(
                    "Snapshot %s has no %s any more"
                            .formatted(manifest.id(), part.name().toLowerCase(Locale.ROOT)));
        }
        var verified = known(manifest.id());
        for (StoredFile file : manifest.files(part)) {
            Path path = home.snapshotFolder(manifest.id()).resolve(file.name());
            checkForm(path, file);
            if (file.digest() != null && needsReading(path, verified)) {
                checkContent(path, file.digest(), verified);
            }
        }
        verified.keep();
    }

    private Verified known(String id) throws IOException {
        var verified = known.get(id);
        if (verified == null) {
            verified = Verified.of(home, id);
            known.put(id, verified);
        }
        return verified;
    }

    private boolean needsReading(Path path, Verified verified) throws IOException {
        return reading ? done.add(path) : !verified.isSame(path);
    }

    private void checkContent(Path path, Digest expected, Verified verified) throws IOException {
        Digest found;
        try {
            found = verified.read(path, p -> Digests.of(p, expected.scheme(), progress), expected);
        } catch (NoSuchFileException e) {
            throw damaged(path, "is missing");
        }
        if (!found.equals(expected)) {
            verified.keep();
            done.remove(path);
            throw changed(path, expected);
        }
    }

    private static void checkForm(Path path, StoredFile expected) throws IOException {
        BasicFileAttributes found;
        try {
            found =
                    Files.readAttributes(
                            path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            throw damaged(path, "is missing");
        }
        if (!found.isRegularFile()) {
            throw damaged(path, "is no plain file");
        }
        if (found.size() != expected.size()) {
            throw damaged(
                    path,
                    "has %d bytes and should have %d".formatted(found.size(), expected.size()));
        }
    }

    private static RuntimeException changed(Path path, Digest expected) {
        return damaged(path, "was changed: its digest is not " + expected);
    }

    private static RuntimeException damaged(Path path, String problem) {
        return Failures.damaged(
                "The snapshot's file %s %s: the snapshot can't be restored; delete it, or bring the file back"
                        .formatted(path, problem));
    }
}
