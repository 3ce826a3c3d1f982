package dev.stasis.bench;

import dev.stasis.StasisException;
import dev.stasis.linux.SparseFiles;
import dev.stasis.machine.Qcow2Overlay;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// QEMU by hand: the machine of a snapshot, loaded from the snapshot's own files, and saved and
/// restored by what QEMU brings along. All of them hold the same guest at the same instant.
final class QemuArms implements AutoCloseable {
    private static final String TAG = "base";
    private static final String MAPPED_RAM = "mapped-ram";
    private static final String IGNORE_SHARED = "x-ignore-shared";
    private static final long NO_LIMIT = 1L << 50;
    private static final double MEBIBYTE = 1 << 20;

    private final Samples samples;
    private final Workplace workplace;
    private final Original original;
    private final @Nullable Path newer;
    private final Path saved;
    private final Path migrated;
    private final Path template;
    private final Path templateState;
    private final Path mapped;
    private final List<Path> files = new ArrayList<>();
    private int overlays;

    /// Prepares nothing yet.
    ///
    /// @param newer a QEMU that can do what the distribution's can't; null if there is none
    QemuArms(Samples samples, Workplace workplace, Original original, @Nullable Path newer) {
        this.samples = samples;
        this.workplace = workplace;
        this.original = original;
        this.newer = newer;
        this.saved = file("saved.qcow2");
        this.migrated = file("migrated");
        this.template = file("template.ram");
        this.templateState = file("template.state");
        this.mapped = file("mapped");
    }

    private Path file(String name) {
        var file = workplace.file(name);
        files.add(file);
        return file;
    }

    /// The arms that can be restored here.
    Set<Arm> arms() {
        var arms = EnumSet.of(Arm.BARE, Arm.TEMPLATING, Arm.LOADVM, Arm.MIGRATION, Arm.MAPPED_RAM);
        if (newer == null) {
            arms.remove(Arm.MAPPED_RAM);
        }
        return arms;
    }

    /// Saves the guest in each way, and measures that.
    void prepare() throws IOException, QmpException {
        save();
        saveTemplate();
        if (newer != null) {
            saveMapped(newer);
        }
    }

    private void save() throws IOException, QmpException {
        overlay(saved);
        double before = allocated(saved);
        try (var qemu = bare(saved)) {
            qemu.introduce("saved");
            qemu.disconnect();
            long start = System.nanoTime();
            qemu.executeHuman("savevm " + TAG);
            addSnapshot(Arm.LOADVM, start, allocated(saved) - before);
            qemu.execute("stop", Map.of());
            start = System.nanoTime();
            migrateTo(qemu, "exec:cat > " + migrated);
            addSnapshot(Arm.MIGRATION, start, allocated(migrated));
            qemu.quit();
        }
    }

    private void saveTemplate() throws IOException, QmpException {
        var run = workplace.newRunFolder();
        var disk = newOverlay();
        var memory = new QemuArguments.Memory.SharedFile(template);
        try (var qemu = PlainQemu.start(arguments().waiting(memory, run, disk), run)) {
            qemu.load("exec:cat " + migrated);
            qemu.go();
            long start = System.nanoTime();
            qemu.execute("stop", Map.of());
            qemu.enable(IGNORE_SHARED);
            migrateTo(qemu, "exec:cat > " + templateState);
            addSnapshot(Arm.TEMPLATING, start, allocated(template) + allocated(templateState));
            qemu.quit();
        }
    }

    private void saveMapped(Path program) throws IOException, QmpException {
        var run = workplace.newRunFolder();
        var memory = new QemuArguments.Memory.Anonymous();
        var command = arguments().waiting(memory, run, newOverlay());
        command.set(0, program.toString());
        try (var qemu = PlainQemu.start(command, run)) {
            qemu.load("exec:cat " + migrated);
            qemu.go();
            long start = System.nanoTime();
            qemu.execute("stop", Map.of());
            qemu.enable(MAPPED_RAM);
            migrateTo(qemu, "file:" + mapped);
            addSnapshot(Arm.MAPPED_RAM, start, allocated(mapped));
            qemu.quit();
        }
    }

    private void addSnapshot(Arm arm, long start, double mebibytes) {
        double took = samples.addSince(series(Metric.SNAPSHOT_TOTAL, arm), start);
        samples.add(series(Metric.SNAPSHOT_PAUSE, arm), took);
        samples.add(series(Metric.SNAPSHOT_DISK, arm), mebibytes);
    }

    private static void migrateTo(PlainQemu qemu, String uri) throws IOException, QmpException {
        qemu.execute("migrate-set-parameters", Map.of("max-bandwidth", NO_LIMIT));
        qemu.execute("migrate", Map.of("uri", uri));
        qemu.awaitMigration();
    }

    /// Restores one and runs a command in it.
    void restore(Arm arm) throws IOException, QmpException {
        var disk = arm == Arm.LOADVM ? saved : newOverlay();
        long start = System.nanoTime();
        try (var qemu = restored(arm, disk)) {
            try {
                measure(qemu, arm, start);
            } catch (StasisException e) {
                throw new IOException(
                        "%s of %s: %s".formatted(arm.title(), original.subject(), qemu.explain(e)),
                        e);
            }
        }
    }

    private void measure(PlainQemu qemu, Arm arm, long start) throws IOException, QmpException {
        qemu.requireRunning();
        samples.addSince(series(Metric.RESTORE_RUNNING, arm), start);
        qemu.introduce("restored");
        samples.addSince(series(Metric.RESTORE_READY, arm), start);
        qemu.run(Guest.COMMAND);
        samples.addSince(series(Metric.RESTORE_FIRST_OUTPUT, arm), start);
        OwnMemory.of(qemu.pid()).addTo(samples, arm, original.subject());
    }

    private PlainQemu restored(Arm arm, Path disk) throws IOException, QmpException {
        return switch (arm) {
            case BARE -> bare(disk);
            case LOADVM -> loaded(disk);
            case MIGRATION -> incoming(disk);
            case TEMPLATING -> cloned(disk);
            case MAPPED_RAM -> mapped(disk, Optional.ofNullable(newer).orElseThrow());
            default -> throw new IllegalArgumentException(arm + " is no QEMU by hand");
        };
    }

    /// A QEMU started and loaded by hand from the snapshot's files.
    PlainQemu bare(Path disk) throws IOException, QmpException {
        var run = workplace.newRunFolder();
        var memory = new QemuArguments.Memory.PrivateFile(original.image());
        return started(
                arguments().waiting(memory, run, disk),
                run,
                qemu -> {
                    qemu.load(original.devices());
                    qemu.go();
                });
    }

    private PlainQemu loaded(Path disk) throws IOException, QmpException {
        var run = workplace.newRunFolder();
        var memory = new QemuArguments.Memory.Anonymous();
        return PlainQemu.start(arguments().resume(memory, run, disk, "-loadvm", TAG), run);
    }

    private PlainQemu incoming(Path disk) throws IOException, QmpException {
        var run = workplace.newRunFolder();
        var memory = new QemuArguments.Memory.Anonymous();
        return started(
                arguments().waiting(memory, run, disk),
                run,
                qemu -> {
                    qemu.load("exec:cat " + migrated);
                    qemu.go();
                });
    }

    private PlainQemu cloned(Path disk) throws IOException, QmpException {
        var run = workplace.newRunFolder();
        var memory = new QemuArguments.Memory.PrivateFile(template);
        return started(
                arguments().waiting(memory, run, disk),
                run,
                qemu -> {
                    qemu.enable(IGNORE_SHARED);
                    qemu.load(templateState);
                    qemu.go();
                });
    }

    private PlainQemu mapped(Path disk, Path program) throws IOException, QmpException {
        var run = workplace.newRunFolder();
        var command = arguments().waiting(new QemuArguments.Memory.Anonymous(), run, disk);
        command.set(0, program.toString());
        return started(
                command,
                run,
                qemu -> {
                    qemu.enable(MAPPED_RAM);
                    qemu.load("file:" + mapped);
                    qemu.go();
                });
    }

    /// What becomes of a QEMU that was started.
    @FunctionalInterface
    private interface Step {
        void with(PlainQemu qemu) throws IOException, QmpException;
    }

    private static PlainQemu started(List<String> command, Path run, Step step)
            throws IOException, QmpException {
        var qemu = PlainQemu.start(command, run);
        boolean done = false;
        try {
            step.with(qemu);
            done = true;
            return qemu;
        } finally {
            if (!done) {
                qemu.close();
            }
        }
    }

    /// Starts a QEMU until its monitor answers.
    void spawn() throws IOException, QmpException {
        var run = workplace.newRunFolder();
        var command = arguments().spawned(run, newOverlay());
        long start = System.nanoTime();
        try (var _ = PlainQemu.start(command, run)) {
            samples.addSince(series(Metric.FLOOR_SPAWN, Arm.FLOOR), start);
        }
    }

    private QemuArguments arguments() {
        return original.arguments();
    }

    private Series series(Metric metric, Arm arm) {
        return new Series(metric, arm, original.subject());
    }

    /// A new disk layer on what the guest stood on.
    Path newOverlay() throws IOException {
        overlays++;
        var overlay = file("overlay-" + overlays + ".qcow2");
        overlay(overlay);
        return overlay;
    }

    private void overlay(Path overlay) throws IOException {
        Qcow2Overlay.create(
                overlay, original.disk().toString(), Qcow2Overlay.virtualSize(original.disk()));
    }

    private static double allocated(Path file) throws IOException {
        return SparseFiles.dataBytes(file) / MEBIBYTE;
    }

    @Override
    public void close() throws IOException {
        for (var file : files) {
            Files.deleteIfExists(file);
        }
    }
}
