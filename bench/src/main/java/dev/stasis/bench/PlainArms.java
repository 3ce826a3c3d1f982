package dev.stasis.bench;

import dev.stasis.linux.SparseFiles;
import dev.stasis.machine.Qcow2Overlay;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Plain QEMU: the same guest in the same machine, saved and restored by what QEMU brings along.
final class PlainArms implements AutoCloseable {
    private static final String TAG = "base";
    private static final long NO_LIMIT = 1L << 50;
    private static final int COMMANDS = 10;

    private final Settings settings;
    private final Samples samples;
    private final Workplace workplace;
    private final QemuArguments arguments;
    private final Path blankDisk;
    private final Path saved;
    private final Path migrated;
    private @Nullable PlainQemu source;
    private int overlays;

    /// Prepares them.
    ///
    /// @param arguments how the machine is started
    /// @param blankDisk what the guest's first disk layer lies on
    PlainArms(
            Settings settings,
            Samples samples,
            Workplace workplace,
            QemuArguments arguments,
            Path blankDisk) {
        this.settings = settings;
        this.samples = samples;
        this.workplace = workplace;
        this.arguments = arguments;
        this.blankDisk = blankDisk;
        this.saved = workplace.file("saved.qcow2");
        this.migrated = workplace.file("migrated");
    }

    /// Boots a machine, fills its memory, and saves it both ways. A copy of it goes on as the
    /// source of further snapshots.
    void prepare() throws IOException, QmpException {
        var run = workplace.newRunFolder();
        var disk = workplace.file("booted.qcow2");
        overlay(disk, blankDisk);
        try (var qemu = PlainQemu.start(arguments.boot(run, disk), run)) {
            qemu.run(Guest.fill(settings.inUse()));
            measureCommands(qemu);
            qemu.execute("stop", Map.of());
            qemu.executeHuman("savevm " + TAG);
            migrateTo(qemu, migrated);
            qemu.quit();
        }
        SparseFiles.copy(disk, saved);
        var sourceDisk = workplace.file("source.qcow2");
        SparseFiles.copy(disk, sourceDisk);
        source = load(sourceDisk);
    }

    /// Boots a machine until its agent answers.
    void boot() throws IOException, QmpException {
        var run = workplace.newRunFolder();
        var disk = newOverlay(blankDisk);
        long start = System.nanoTime();
        try (var qemu = PlainQemu.start(arguments.boot(run, disk), run)) {
            qemu.connect();
            samples.addSince(Arm.LOADVM, Metric.CREATE, start);
        }
        Files.delete(disk);
    }

    private void measureCommands(PlainQemu qemu) throws IOException {
        qemu.run(Guest.COMMAND);
        for (int i = 0; i < COMMANDS; i++) {
            long start = System.nanoTime();
            qemu.run(Guest.COMMAND);
            samples.addSince(Arm.LOADVM, Metric.EXEC, start);
        }
    }

    /// Loads the saved machine and runs a command.
    void loadvm() throws IOException, QmpException {
        long start = System.nanoTime();
        try (var qemu = load(saved)) {
            measureFirst(Arm.LOADVM, qemu, start);
        }
    }

    private PlainQemu load(Path disk) throws IOException, QmpException {
        var run = workplace.newRunFolder();
        return PlainQemu.start(arguments.resume(run, disk, "-loadvm", TAG), run);
    }

    /// Takes the migrated machine back from its file and runs a command.
    void incoming() throws IOException, QmpException {
        var run = workplace.newRunFolder();
        var disk = newOverlay(saved);
        var command = arguments.resume(run, disk, "-S", "-incoming", "exec:cat " + migrated);
        long start = System.nanoTime();
        try (var qemu = PlainQemu.start(command, run)) {
            qemu.awaitMigration();
            qemu.execute("cont", Map.of());
            measureFirst(Arm.MIGRATION, qemu, start);
        }
        Files.delete(disk);
    }

    private void measureFirst(Arm arm, PlainQemu qemu, long start)
            throws IOException, QmpException {
        qemu.requireRunning();
        samples.addSince(arm, Metric.RESTORE_RUNNING, start);
        qemu.run(Guest.COMMAND);
        samples.addSince(arm, Metric.RESTORE_FIRST_OUTPUT, start);
        var memory = OwnMemory.of(qemu.pid());
        samples.add(arm, Metric.OWN_ANONYMOUS, memory.anonymous());
        samples.add(arm, Metric.OWN_PRIVATE, memory.privatePages());
        samples.add(arm, Metric.OWN_ALONE, memory.privatePages());
    }

    /// Saves the source twice inside of its disk image, with a change in between.
    void savevm() throws IOException, QmpException {
        savevm(Metric.SOURCE_FIRST);
        qemu().run(Guest.change(settings.change()));
        double second = savevm(Metric.SOURCE_SECOND);
        samples.add(Arm.LOADVM, Metric.FORK_FIRST, second);
        samples.add(Arm.LOADVM, Metric.FORK_SECOND, second);
    }

    private double savevm(Metric metric) throws IOException, QmpException {
        long start = System.nanoTime();
        qemu().executeHuman("savevm again");
        double took = samples.addSince(Arm.LOADVM, metric, start);
        qemu().executeHuman("delvm again");
        return took;
    }

    /// Writes the source into a file twice, with a change in between.
    void outgoing() throws IOException, QmpException {
        outgoing(Metric.SOURCE_FIRST);
        qemu().run(Guest.change(settings.change()));
        double second = outgoing(Metric.SOURCE_SECOND);
        samples.add(Arm.MIGRATION, Metric.FORK_FIRST, second);
        samples.add(Arm.MIGRATION, Metric.FORK_SECOND, second);
    }

    private double outgoing(Metric metric) throws IOException, QmpException {
        var file = workplace.file("outgoing");
        long start = System.nanoTime();
        qemu().execute("stop", Map.of());
        migrateTo(qemu(), file);
        double took = samples.addSince(Arm.MIGRATION, metric, start);
        qemu().execute("cont", Map.of());
        Files.delete(file);
        return took;
    }

    /// Puts the source back to what was saved and runs a command.
    void rewind() throws IOException, QmpException {
        qemu().disconnect();
        long start = System.nanoTime();
        qemu().execute("stop", Map.of());
        qemu().executeHuman("loadvm " + TAG);
        qemu().execute("cont", Map.of());
        samples.addSince(Arm.LOADVM, Metric.REWIND_READY, start);
        qemu().run(Guest.COMMAND);
        samples.addSince(Arm.LOADVM, Metric.REWIND_FIRST_OUTPUT, start);
    }

    private static void migrateTo(PlainQemu qemu, Path file) throws IOException, QmpException {
        qemu.execute("migrate-set-parameters", Map.of("max-bandwidth", NO_LIMIT));
        qemu.execute("migrate", Map.of("uri", "exec:cat > " + file));
        qemu.awaitMigration();
    }

    private PlainQemu qemu() {
        return Optional.ofNullable(source).orElseThrow();
    }

    private Path newOverlay(Path beneath) throws IOException {
        overlays++;
        var overlay = workplace.file("overlay-" + overlays + ".qcow2");
        overlay(overlay, beneath);
        return overlay;
    }

    private static void overlay(Path overlay, Path beneath) throws IOException {
        Qcow2Overlay.create(overlay, beneath.toString(), Qcow2Overlay.virtualSize(beneath));
    }

    @Override
    public void close() throws IOException {
        if (source != null) {
            source.close();
        }
    }
}
