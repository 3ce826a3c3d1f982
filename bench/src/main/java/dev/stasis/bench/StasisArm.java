package dev.stasis.bench;

import dev.stasis.ByteSize;
import dev.stasis.Pool;
import dev.stasis.RestoreBuilder;
import dev.stasis.Sandbox;
import dev.stasis.Snapshot;
import dev.stasis.Stasis;
import dev.stasis.guest.GuestResources;
import dev.stasis.linux.SparseFiles;
import dev.stasis.machine.Machine;
import dev.stasis.machine.MachineFiles;
import dev.stasis.machine.Qemu;
import dev.stasis.store.Home;
import dev.stasis.store.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

/// Stasis, by its API.
final class StasisArm implements AutoCloseable {
    static final double MEBIBYTE = 1 << 20;

    private static final String TEMPLATES = "dev.stasis.templates";
    private static final int COMMANDS = 10;

    private final Samples samples;
    private final Marks marks;
    private final Home home;
    private final Stasis stasis;
    private int forks;

    StasisArm(Samples samples, Marks marks, Home home) {
        this.samples = samples;
        this.marks = marks;
        this.home = home;
        this.stasis = Stasis.open(home.root());
    }

    /// Makes a sandbox that has booted, without a template.
    Sandbox boot(String name, ByteSize memory) {
        System.setProperty(TEMPLATES, "off");
        try {
            return create(name, memory);
        } finally {
            System.clearProperty(TEMPLATES);
        }
    }

    /// Makes a sandbox.
    Sandbox create(String name, ByteSize memory) {
        return stasis.create(name, s -> s.image("busybox").memory(memory.toString()));
    }

    /// A snapshot as QEMU sees it. Its memory is one whole file then, as that of every snapshot is
    /// that is restored often.
    Original original(Subject subject, Snapshot snapshot) throws IOException {
        for (int i = 0; i < 2; i++) {
            warm(snapshot, nextFork()).close();
        }
        var name = nextFork();
        try (var fork = snapshot.restore(name)) {
            var arguments =
                    QemuArguments.of(
                            pid(fork),
                            home.runtime().of(fork.id()),
                            home.sandboxFolder(name).resolve("disk-0.qcow2"));
            var folder = home.snapshotFolder(snapshot.id());
            if (!arguments.image().toString().contains(snapshot.id())) {
                throw new IOException(
                        "the memory of snapshot %s is no file of its own, but %s and what differs"
                                .formatted(snapshot.id(), arguments.image()));
            }
            return new Original(
                    subject,
                    arguments,
                    arguments.image(),
                    folder.resolve("devices"),
                    folder.resolve("disk.qcow2"));
        }
    }

    /// What guests' disks lie on.
    Path blankDisk() {
        return GuestResources.extract(home.bootFolder()).blankDisk();
    }

    /// What a sandbox runs on.
    Map<String, String> software(Sandbox sandbox) {
        return Map.of(
                "qemu",
                "QEMU " + Qemu.find(home.cacheFolder()).version(),
                "accelerator",
                sandbox.info().accelerator().toString());
    }

    /// Takes a snapshot and measures it.
    ///
    /// @param total what the whole call is a value of
    /// @param pause what the standstill is a value of
    Snapshot snapshot(Sandbox sandbox, Series total, Series pause) {
        marks.pause(sandbox.name(), pause);
        long start = System.nanoTime();
        var snapshot = sandbox.snapshot();
        samples.addSince(total, start);
        return snapshot;
    }

    /// What a snapshot takes on disk, in mebibytes.
    static double onDisk(Snapshot snapshot) {
        return snapshot.info().bytesOnDisk().bytes() / MEBIBYTE;
    }

    /// Restores a snapshot and runs a command.
    void restore(Snapshot snapshot, Subject subject) throws IOException {
        var name = nextFork();
        marks.restore(name, new Series(Metric.RESTORE_RUNNING, Arm.COLD, subject));
        long start = System.nanoTime();
        try (var fork = snapshot.restore(name)) {
            measureFirst(fork, Arm.COLD, subject, start);
        }
    }

    /// Makes a fork out of a pool and runs a command.
    void restore(Pool pool) throws IOException {
        var name = nextFork();
        marks.restore(name, Series.of(Metric.RESTORE_RUNNING, Arm.POOLED));
        long start = System.nanoTime();
        try (var fork = pool.restore(name)) {
            measureFirst(fork, Arm.POOLED, Subject.MAIN, start);
        }
    }

    private void measureFirst(Sandbox fork, Arm arm, Subject subject, long start)
            throws IOException {
        samples.addSince(new Series(Metric.RESTORE_READY, arm, subject), start);
        fork.exec(Guest.COMMAND).orThrow();
        samples.addSince(new Series(Metric.RESTORE_FIRST_OUTPUT, arm, subject), start);
        OwnMemory.of(pid(fork)).addTo(samples, arm, subject);
    }

    /// Restores a snapshot.
    ///
    /// @return how long that took, in nanoseconds
    long restoring(Snapshot snapshot, Consumer<RestoreBuilder> settings) {
        long start = System.nanoTime();
        try (var _ = snapshot.restoreWith(nextFork(), settings)) {
            return System.nanoTime() - start;
        }
    }

    /// Restores a snapshot and runs a command, and measures nothing.
    Sandbox warm(Snapshot snapshot, String name) {
        var fork = snapshot.restore(name);
        boolean done = false;
        try {
            fork.exec(Guest.COMMAND).orThrow();
            done = true;
            return fork;
        } finally {
            if (!done) {
                fork.close();
            }
        }
    }

    /// Measures the round trip of commands.
    void commands(Sandbox sandbox) {
        sandbox.exec(Guest.COMMAND).orThrow();
        for (int i = 0; i < COMMANDS; i++) {
            long start = System.nanoTime();
            sandbox.exec(Guest.COMMAND).orThrow();
            samples.addSince(Series.of(Metric.EXEC, Arm.COLD), start);
        }
    }

    /// The open home.
    Stasis stasis() {
        return stasis;
    }

    /// Where the home is.
    Path root() {
        return home.root();
    }

    /// What all snapshots and the layers of deleted ones take on disk, in bytes.
    long snapshotBytes() throws IOException {
        long bytes = 0;
        try (var folders = Files.newDirectoryStream(home.root().resolve("snapshots"))) {
            for (var folder : folders) {
                bytes += home.snapshots().bytesOnDisk(String.valueOf(folder.getFileName()));
            }
        }
        return bytes;
    }

    /// What one part of a snapshot takes on disk, as it is held now, in bytes.
    double bytesOnDisk(String id, Part part) throws IOException {
        var manifest =
                home.snapshots()
                        .find(id)
                        .orElseThrow(() -> new IOException("snapshot " + id + " is gone"));
        long bytes = 0;
        for (var file : manifest.files(part)) {
            bytes += SparseFiles.dataBytes(home.snapshotFolder(id).resolve(file.name()));
        }
        return bytes;
    }

    /// A name that no other fork has.
    String nextFork() {
        forks++;
        return "fork-" + forks;
    }

    /// The process number of a sandbox's QEMU.
    long pid(Sandbox sandbox) throws IOException {
        var files =
                new MachineFiles(
                        home.runtime().of(sandbox.id()),
                        home.sandboxFolder(sandbox.name()).resolve("logs"));
        return Machine.find(files)
                .orElseThrow(() -> new IOException("sandbox " + sandbox.name() + " has ended"))
                .pid();
    }

    @Override
    public void close() {
        stasis.close();
    }
}
