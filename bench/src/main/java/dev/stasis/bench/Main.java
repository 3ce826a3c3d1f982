package dev.stasis.bench;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The command of the benchmark.
public final class Main {
    /// System properties that name a newer QEMU, and the script of the command line; the script
    /// that starts this sets them.
    private static final String NEWER_QEMU = "dev.stasis.bench.qemu";

    /// The root file system that an image is made of.
    private static final String IMAGE = "dev.stasis.bench.image";

    /// The root file system with a database.
    private static final String DATABASE = "dev.stasis.bench.database";

    private static final String PROGRAM = "dev.stasis.bench.program";

    private Main() {}

    /// Runs it and prints the report to standard output.
    ///
    /// @param arguments see {@link Settings#USAGE}
    public static void main(String... arguments) throws IOException, QmpException {
        try {
            var settings = Settings.parse(arguments);
            var out = settings.out();
            if (out != null) {
                Files.createDirectories(out);
            }
            var report = measured(settings);
            var comparison = compared(settings, report);
            if (out != null) {
                Files.writeString(out.resolve("report.json"), report.json());
                Files.writeString(out.resolve("report.html"), Page.of(report, comparison));
            }
            System.out.println(report.table());
            if (comparison != null) {
                System.out.println(comparison.table());
            }
            if (!report.failures().isEmpty()) {
                System.err.println("benchmark: some parts failed: " + report.failures());
                System.exit(1);
            }
        } catch (StasisException e) {
            if (e.code() != ErrorCode.INVALID_ARGUMENT) {
                throw e;
            }
            System.err.println("benchmark: " + e.getMessage());
            System.exit(e.code().category().exitCode());
        }
    }

    private static @Nullable Comparison compared(Settings settings, Report report)
            throws IOException {
        var against = settings.against();
        return against == null ? null : Comparison.with(against, report.ratios());
    }

    private static Report measured(Settings settings) throws IOException {
        var extent = settings.extent();
        try (var run = Run.begin(settings);
                var virsh = comparesSnapshots(settings) ? Virsh.find(run) : null) {
            run.workplace().touchMemory(2 * extent.main().memory().mebibytes());
            var alternatives = new Alternatives(path(NEWER_QEMU), virsh);
            if (settings.has("restores")) {
                run.part("restores and forks", new RestoresPart(run, alternatives)::measure);
            }
            if (settings.has("pauses")) {
                run.part("snapshots", new PausesPart(run, alternatives)::measure);
            }
            if (settings.has("making")) {
                run.part("making sandboxes", new MakingPart(run, path(PROGRAM))::measure);
            }
            more(run, settings, alternatives);
            return Report.of(run);
        }
    }

    /// Whether there is a part that restores and saves in other ways, too.
    private static boolean comparesSnapshots(Settings settings) {
        return settings.has("restores") || settings.has("pauses") || settings.has("guests");
    }

    /// The parts beside restores, snapshots and making sandboxes.
    private static void more(Run run, Settings settings, Alternatives alternatives)
            throws IOException {
        var extent = settings.extent();
        if (settings.hasSlow("files")) {
            run.part("files", new FilesPart(run)::measure);
        }
        if (settings.has("execs")) {
            run.part("commands", new ExecsPart(run)::measure);
        }
        if (settings.has("images")) {
            run.part("images", new ImagesPart(run, path(IMAGE))::measure);
        }
        if (settings.has("floors")) {
            run.part("floors", new FloorsPart(run)::measure);
        }
        if (settings.has("store")) {
            run.part("a store of many snapshots", new StorePart(run)::measure);
        }
        if (settings.hasSlow("junit")) {
            run.part("tests in forks", new JunitPart(run, path(DATABASE))::measure);
        }
        if (settings.has("guests") && !extent.sizes().isEmpty()) {
            var time = Run.atMost(extent.guests());
            run.part("guests of all sizes", new GuestsPart(run, time, alternatives)::measure);
        }
        if (settings.has("soak") && settings.soak().isPositive()) {
            run.part("soak", new SoakPart(run)::measure);
        }
    }

    private static @Nullable Path path(String property) {
        var value = System.getProperty(property, "");
        return value.isEmpty() ? null : Path.of(value);
    }
}
