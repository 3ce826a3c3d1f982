package dev.stasis.bench;

import dev.stasis.ByteSize;
import dev.stasis.RestoreBuilder;
import dev.stasis.Sandbox;
import dev.stasis.Snapshot;
import dev.stasis.Stasis;
import dev.stasis.guest.GuestResources;
import dev.stasis.machine.Machine;
import dev.stasis.machine.MachineFiles;
import dev.stasis.machine.Qemu;
import dev.stasis.store.Home;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

/// Stasis, by its API.
final class StasisArm implements AutoCloseable {
    /// What the names of forks that are measured begin with.
    static final String FORK = "fork-";

    private static final String TEMPLATES = "dev.stasis.templates";
    private static final int COMMANDS = 10;
    private static final int MORE_CPUS = 3;

    private final Settings settings;
    private final Samples samples;
    private final Home home;
    private final Stasis stasis;
    private int forks;

    StasisArm(Settings settings, Samples samples, Home home) {
        this.settings = settings;
        this.samples = samples;
        this.home = home;
        this.stasis = Stasis.open(home.root());
    }

    /// A sandbox with a snapshot of it.
    record Source(Sandbox sandbox, Snapshot snapshot) implements AutoCloseable {
        @Override
        public void close() {
            sandbox.close();
        }
    }

    /// Makes a source, fills its memory and takes its first and second snapshot. It goes on.
    ///
    /// @return with its first snapshot
    Source source(String name) {
        long start = System.nanoTime();
        var sandbox = boot(name);
        boolean done = false;
        try {
            samples.addSince(Arm.STASIS, Metric.CREATE, start);
            sandbox.exec(Guest.fill(settings.inUse())).orThrow();
            measureCommands(sandbox);
            var first = snapshot(sandbox, Metric.SOURCE_FIRST);
            start = System.nanoTime();
            first.saveNamed(name);
            samples.addSince(Arm.STASIS, Metric.SAVE_NAMED, start);
            resume(sandbox);
            sandbox.exec(Guest.change(settings.change())).orThrow();
            snapshot(sandbox, Metric.SOURCE_SECOND);
            resume(sandbox);
            done = true;
            return new Source(sandbox, first);
        } finally {
            if (!done) {
                sandbox.close();
            }
        }
    }

    /// Makes a sandbox that nothing is measured of, without a template.
    Sandbox boot(String name) {
        System.setProperty(TEMPLATES, "off");
        try {
            return create(name);
        } finally {
            System.clearProperty(TEMPLATES);
        }
    }

    private Sandbox create(String name) {
        return stasis.create(name, s -> s.image("busybox").memory(settings.memory().toString()));
    }

    /// Makes sandboxes from a template, and restores a snapshot of one, in turns.
    void createFromTemplate() {
        try (var idle = create("idle")) {
            var snapshot = idle.snapshot();
            for (int i = 0; i < settings.restores(); i++) {
                long start = System.nanoTime();
                try (var _ = create("created")) {
                    samples.addSince(Arm.STASIS, Metric.CREATE_TEMPLATE, start);
                }
                samples.add(Arm.STASIS, Metric.RESTORE_IDLE, restoring(snapshot, r -> {}) / 1e6);
            }
        }
    }

    /// How QEMU was started for a sandbox.
    QemuArguments arguments(Sandbox sandbox) throws IOException {
        return QemuArguments.of(
                pid(sandbox),
                home.runtime().of(sandbox.id()),
                home.sandboxFolder(sandbox.name()).resolve("disk-0.qcow2"));
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

    /// Restores a snapshot and runs a command.
    void restore(Snapshot snapshot) throws IOException {
        long start = System.nanoTime();
        try (var fork = snapshot.restore(nextFork())) {
            samples.addSince(Arm.STASIS, Metric.RESTORE_READY, start);
            fork.exec(Guest.COMMAND).orThrow();
            samples.addSince(Arm.STASIS, Metric.RESTORE_FIRST_OUTPUT, start);
            var memory = OwnMemory.of(pid(fork));
            samples.add(Arm.STASIS, Metric.OWN_ANONYMOUS, memory.anonymous());
            samples.add(Arm.STASIS, Metric.OWN_PRIVATE, memory.privatePages());
        }
    }

    /// Restores a snapshot as it is, with more CPUs, and with more memory, and keeps what the two
    /// take beyond the first.
    void restoreLarger(Snapshot snapshot) {
        long plain = restoring(snapshot, r -> {});
        var info = snapshot.info();
        long cpus = restoring(snapshot, r -> r.cpus(info.cpus() + MORE_CPUS)) - plain;
        var memory = new ByteSize(info.memory().bytes() + (1 << 30));
        long larger = restoring(snapshot, r -> r.memory(memory)) - plain;
        samples.add(Arm.STASIS, Metric.MORE_CPU, cpus / 1e6 / MORE_CPUS);
        samples.add(Arm.STASIS, Metric.MORE_MEMORY, larger / 1e6);
    }

    private long restoring(Snapshot snapshot, Consumer<RestoreBuilder> settings) {
        long start = System.nanoTime();
        try (var _ = snapshot.restoreWith(nextFork(), settings)) {
            return System.nanoTime() - start;
        }
    }

    /// Restores a snapshot that has no fork and runs a command.
    void restoreAlone(Snapshot snapshot) throws IOException {
        try (var fork = warm(snapshot, "alone")) {
            samples.add(Arm.STASIS, Metric.OWN_ALONE, OwnMemory.of(pid(fork)).privatePages());
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

    /// Takes two snapshots of a fork, each after a change.
    void snapshotsOfFork(Snapshot snapshot) {
        try (var fork = snapshot.restore(nextFork())) {
            fork.exec(Guest.change(settings.change())).orThrow();
            snapshot(fork, Metric.FORK_FIRST);
            resume(fork);
            fork.exec(Guest.change(settings.change())).orThrow();
            snapshot(fork, Metric.FORK_SECOND);
        }
    }

    /// Puts a source back to its snapshot and runs a command.
    void rewind(Source source) {
        long start = System.nanoTime();
        source.sandbox().rewind(source.snapshot());
        samples.addSince(Arm.STASIS, Metric.REWIND_READY, start);
        source.sandbox().exec(Guest.COMMAND).orThrow();
        samples.addSince(Arm.STASIS, Metric.REWIND_FIRST_OUTPUT, start);
    }

    /// Forgets a snapshot's name, so that its bytes go with its source.
    void forget(String name) {
        stasis.deleteSnapshot(name);
    }

    /// The open home.
    Stasis stasis() {
        return stasis;
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

    private void measureCommands(Sandbox sandbox) {
        sandbox.exec(Guest.COMMAND).orThrow();
        for (int i = 0; i < COMMANDS; i++) {
            long start = System.nanoTime();
            sandbox.exec(Guest.COMMAND).orThrow();
            samples.addSince(Arm.STASIS, Metric.EXEC, start);
        }
    }

    private Snapshot snapshot(Sandbox sandbox, Metric metric) {
        long start = System.nanoTime();
        var snapshot = sandbox.snapshot();
        samples.addSince(Arm.STASIS, metric, start);
        return snapshot;
    }

    private void resume(Sandbox sandbox) {
        long start = System.nanoTime();
        sandbox.resume();
        samples.addSince(Arm.STASIS, Metric.RESUME, start);
    }

    private String nextFork() {
        forks++;
        return FORK + forks;
    }

    private long pid(Sandbox sandbox) throws IOException {
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
