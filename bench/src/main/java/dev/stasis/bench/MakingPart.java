package dev.stasis.bench;

import dev.stasis.ByteSize;
import dev.stasis.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Making sandboxes: by booting, from a template, with overrides, and by the command line.
final class MakingPart {
    private static final int MORE_CPUS = 3;
    private static final double NANOS_OF_A_MILLISECOND = 1e6;
    private static final int LONGEST_SECONDS = 60;

    private final Run run;
    private final @Nullable Path program;

    /// @param program the script of the command line; null if it is not to be measured
    MakingPart(Run run, @Nullable Path program) {
        this.run = run;
        this.program = program;
    }

    void measure() throws IOException {
        var extent = run.settings().extent();
        var memory = extent.main().memory();
        for (int i = 0; i < extent.boots(); i++) {
            long start = System.nanoTime();
            try (var _ = run.stasis().boot("booted", memory)) {
                run.samples().addSince(Series.of(Metric.CREATE_BOOT, Arm.COLD), start);
            }
        }
        run.stasis().create("template", memory).close();
        try (var idle = run.stasis().create("idle", memory)) {
            var snapshot = idle.snapshot();
            run.stasis().restoring(snapshot, r -> {});
            for (int i = 0; i < extent.makings(); i++) {
                long start = System.nanoTime();
                try (var _ = run.stasis().create("created", memory)) {
                    run.samples().addSince(Series.of(Metric.CREATE_TEMPLATE, Arm.COLD), start);
                }
                add(Metric.RESTORE_IDLE, run.stasis().restoring(snapshot, r -> {}));
            }
            for (int i = 0; i < extent.overrides(); i++) {
                override(snapshot);
            }
            save(snapshot);
        }
    }

    /// Keeps what more CPUs and more memory take beyond a plain restore.
    private void override(Snapshot snapshot) {
        var info = snapshot.info();
        long plain = run.stasis().restoring(snapshot, r -> {});
        long cpus = run.stasis().restoring(snapshot, r -> r.cpus(info.cpus() + MORE_CPUS)) - plain;
        var memory = new ByteSize(info.memory().bytes() + (1 << 30));
        long larger = run.stasis().restoring(snapshot, r -> r.memory(memory)) - plain;
        add(Metric.MORE_CPU, cpus / MORE_CPUS);
        add(Metric.MORE_MEMORY, larger);
    }

    private void save(Snapshot snapshot) throws IOException {
        long start = System.nanoTime();
        snapshot.saveNamed("saved");
        run.samples().addSince(Series.of(Metric.SAVE_NAMED, Arm.COLD), start);
        if (program != null) {
            for (int i = 0; i < run.settings().extent().makings(); i++) {
                commandLine(program);
            }
        }
        run.stasis().stasis().deleteSnapshot("saved");
    }

    private void commandLine(Path stasis) throws IOException {
        long start = System.nanoTime();
        stasis(stasis, "restore", "saved", "by-command");
        run.samples().addSince(Series.of(Metric.CLI_RESTORE, Arm.COLD), start);
        stasis(stasis, "rm", "-f", "by-command");
    }

    private void stasis(Path stasis, String... arguments) throws IOException {
        var command = new ArrayList<String>();
        command.add(stasis.toString());
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.redirectOutput(run.workplace().file("command.log").toFile());
        builder.environment().put("STASIS_HOME", run.stasis().root().toString());
        var process = builder.start();
        try {
            if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException(
                        String.join(" ", command)
                                + " failed: "
                                + Files.readString(run.workplace().file("command.log")));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the command line works", e);
        }
    }

    private void add(Metric metric, long nanos) {
        run.samples().add(Series.of(metric, Arm.COLD), nanos / NANOS_OF_A_MILLISECOND);
    }
}
