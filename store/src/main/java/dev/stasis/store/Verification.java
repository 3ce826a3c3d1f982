package dev.stasis.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;

/// The check of a snapshot's files that every restore makes.
final class Verification {
    /// The largest file whose digest is checked each time.
    private static final int SMALL_FILE_BYTES = 1 << 20;

    private final Home home;

    Verification(Home home) {
        this.home = home;
    }

    /// Checks the files of one part of a snapshot.
    void check(SnapshotManifest manifest, Part part) throws IOException {
        if (!manifest.has(part)) {
            throw Failures.damaged(
                    "Snapshot %s has no %s any more"
                            .formatted(manifest.id(), part.name().toLowerCase(Locale.ROOT)));
        }
        for (StoredFile file : manifest.files()) {
            if (file.part() == part) {
                check(home.snapshotFolder(manifest.id()).resolve(file.name()), file);
            }
        }
    }

    private static void check(Path path, StoredFile expected) throws IOException {
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
        String digest = expected.sha256();
        if (digest != null
                && found.size() <= SMALL_FILE_BYTES
                && !digest.equals(Digests.sha256(path))) {
            throw damaged(path, "was changed: its SHA-256 is not " + digest);
        }
    }

    private static RuntimeException damaged(Path path, String problem) {
        return Failures.damaged(
                "The snapshot's file %s %s: the snapshot can't be restored; delete it, or bring the file back"
                        .formatted(path, problem));
    }
}
