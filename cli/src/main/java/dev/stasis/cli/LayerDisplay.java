package dev.stasis.cli;

import dev.stasis.ByteSize;
import dev.stasis.ImageProgress;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/// Shows a person how far an image is: a line a layer that is being fetched, one for how many are
/// done, and one for what is done with all of them. The lines are drawn over each other.
/// Thread-safe.
final class LayerDisplay {
    private static final long PAUSE_NANOS = 100_000_000;

    /// What is shown at most, so that it fits on any terminal.
    private static final int MOST_LINES = 8;

    private final PrintStream err;
    private final BooleanSupplier wanted;
    private final Map<String, ImageProgress> layers = new LinkedHashMap<>();
    private int drawn;
    private long drawnNanos;
    private ImageProgress.Step step = ImageProgress.Step.RECOGNISING;

    /// @param wanted whether there is a person to show it to
    LayerDisplay(PrintStream err, BooleanSupplier wanted) {
        this.err = err;
        this.wanted = wanted;
    }

    synchronized void show(ImageProgress now) {
        if (!wanted.getAsBoolean()) {
            return;
        }
        layers.put(now.layer(), now);
        boolean changed = now.step() != step;
        step = now.step();
        if (changed || drawn == 0 || System.nanoTime() - drawnNanos > PAUSE_NANOS) {
            draw();
        }
    }

    /// Takes the lines away and forgets them.
    synchronized void end() {
        if (drawn > 0) {
            err.print(up());
            err.flush();
        }
        drawn = 0;
        layers.clear();
    }

    private String up() {
        return (drawn > 1 ? "\033[" + (drawn - 1) + "A" : "") + "\r\033[J";
    }

    private void draw() {
        var whole = layers.get("");
        var lines =
                whole != null && whole.step().compareTo(ImageProgress.Step.CHECKING) >= 0
                        ? List.of(line(whole))
                        : fetching();
        err.print(up() + String.join("\n", lines));
        err.flush();
        drawn = lines.size();
        drawnNanos = System.nanoTime();
    }

    private List<String> fetching() {
        var lines = new ArrayList<String>();
        long done = layers.values().stream().filter(LayerDisplay::isDone).count();
        layers.values().stream()
                .filter(each -> !isDone(each) && each.doneBytes() > 0)
                .limit(MOST_LINES)
                .forEach(each -> lines.add(line(each)));
        if (layers.size() > 1 || lines.isEmpty()) {
            lines.add("%d of %d layers".formatted(done, layers.size()));
        }
        return lines;
    }

    private static boolean isDone(ImageProgress layer) {
        return layer.step() == ImageProgress.Step.FETCHED;
    }

    private static String line(ImageProgress at) {
        String what =
                switch (at.step()) {
                    case RECOGNISING -> "reading";
                    case FETCHING -> at.layer() + "  fetching";
                    case FETCHED -> at.layer() + "  fetched";
                    case CHECKING -> "checking";
                    case BUILDING -> "building the root file system";
                };
        return "%s  %s of %s"
                .formatted(what, new ByteSize(at.doneBytes()), new ByteSize(at.totalBytes()));
    }
}
