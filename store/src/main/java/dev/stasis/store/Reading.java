package dev.stasis.store;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.Finding;
import dev.stasis.Progress;
import dev.stasis.StasisException;
import dev.stasis.linux.SparseFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// Reads every byte of snapshots and compares it with what was digested when they were saved. What
/// several of them lie on is read once.
final class Reading {
    private static final System.Logger LOG = System.getLogger(Reading.class.getName());

    private final Home home;
    private final SnapshotStore snapshots;
    private final Verification verification;
    private final Consumer<Progress> progress;
    private final AtomicLong done = new AtomicLong();
    private volatile String subject = "";
    private volatile long total;

    Reading(Home home, Consumer<Progress> progress) {
        this.home = home;
        this.snapshots = new SnapshotStore(home);
        this.progress = progress;
        this.verification = Verification.ofEveryByte(home, this::tell);
    }

    private void tell(long bytes) {
        long now = Math.min(total, done.addAndGet(bytes));
        progress.accept(new Progress(subject, new ByteSize(now), new ByteSize(total)));
    }

    /// Reads one snapshot.
    void one(String id) throws IOException {
        subject = id;
        total = bytes(Set.of(id));
        read(id);
    }

    /// Reads all that have names.
    ///
    /// @return what is wrong, for each name
    List<Finding> all() throws IOException {
        var findings = new ArrayList<Finding>();
        var names = new NameList(home);
        names.unreadable()
                .forEach((name, problem) ->
                        findings.add(new Finding("name " + name, problem, Finding.Outcome.LOST)));
        total = bytes(new LinkedHashSet<>(names.readable().values()));
        for (Map.Entry<String, String> name : names.readable().entrySet()) {
            subject = name.getKey();
            try {
                read(name.getValue());
            } catch (StasisException e) {
                if (e.code() != ErrorCode.STORE_DAMAGED
                        && e.code() != ErrorCode.SNAPSHOT_NOT_FOUND) {
                    throw e;
                }
                findings.add(
                        new Finding(
                                "snapshot " + name.getKey(),
                                String.valueOf(e.getMessage()),
                                Finding.Outcome.LOST));
            }
        }
        return findings;
    }

    private void read(String id) throws IOException {
        try (var _ = snapshots.pin(id).orElseThrow(() -> SnapshotStore.notFound(id))) {
            snapshots.check(id, verification);
        }
    }

    /// How much there is to read.
    private long bytes(Set<String> ids) throws IOException {
        var catalogue = new Catalogue(home);
        var files = new LinkedHashSet<Path>();
        for (String id : ids) {
            try {
                var top = catalogue.manifest(id);
                for (Part part : Part.values()) {
                    if (top.isPresent()) {
                        addFiles(catalogue.chain(top.get(), part), part, files);
                    }
                }
            } catch (StasisException e) {
                LOG.log(System.Logger.Level.DEBUG, "{0} can't be read: {1}", id, e);
            }
        }
        long bytes = 0;
        for (Path file : files) {
            if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                bytes += SparseFiles.dataBytes(file);
            }
        }
        return bytes;
    }

    private void addFiles(List<SnapshotManifest> chain, Part part, Set<Path> files) {
        for (SnapshotManifest manifest : chain) {
            for (StoredFile file : manifest.files(part)) {
                if (file.digest() != null) {
                    files.add(home.snapshotFolder(manifest.id()).resolve(file.name()));
                }
            }
        }
    }
}
