package dev.stasis.cli;

import dev.stasis.SandboxUsage;
import dev.stasis.cli.Table.Cell;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/// Prints the steps of the demonstration as they happen, and what they cost in the end.
final class DemoReport {
    private static final double NANOS_PER_MILLI = 1e6;

    private final Session session;
    private final Table times = new Table("STEP", "       TIME");
    private final Table sizes = new Table("WHAT", "OWN MEMORY", "OWN DISK");
    private int chapters;

    DemoReport(Session session) {
        this.session = session;
    }

    /// Begins a part of the story.
    void chapter(String title) {
        chapters++;
        session.print(chapters + ". " + title);
    }

    /// Says what was seen.
    void saw(String what) {
        session.print("   " + what);
    }

    /// Does one step and takes its time.
    <T> T step(String what, Supplier<T> action) {
        session.progress("   " + what);
        long start = System.nanoTime();
        T result = action.get();
        double millis = (System.nanoTime() - start) / NANOS_PER_MILLI;
        session.progressEnd();
        String took = String.format(Locale.ROOT, "%8.1f ms", millis);
        times.row(what, took);
        saw(what + ": " + took.strip());
        return result;
    }

    void size(String what, SandboxUsage usage) {
        sizes.row(what, usage.ownMemory().toString(), usage.ownDisk().toString());
    }

    void size(String what, String disk) {
        sizes.row(what, "-", disk);
    }

    void printTables() {
        boolean colours = session.terminal().colours();
        var lines = new ArrayList<String>();
        lines.add("");
        lines.addAll(times.lines(colours));
        lines.add("");
        lines.addAll(sizes.lines(colours));
        lines.add("");
        lines.addAll(
                new Table()
                        .row(
                                List.of(
                                        new Cell("All as it should be.", Cell.GREEN),
                                        Cell.plain("Everything that was made is removed again.")))
                        .lines(colours));
        lines.forEach(session::print);
    }
}
