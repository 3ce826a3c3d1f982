package dev.stasis.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What all parts of one run of the benchmark work with.
///
/// @param settings what is measured
/// @param samples takes what comes out
/// @param marks what Stasis marks itself
/// @param workplace its folders
/// @param stasis the open home
/// @param notes what is to be said about the results
/// @param failures which parts came to nothing, and why
/// @param software what it runs on
/// @param curve the points of a soak
record Run(
        Settings settings,
        Samples samples,
        Marks marks,
        Workplace workplace,
        StasisArm stasis,
        List<String> notes,
        List<String> failures,
        Map<String, String> software,
        List<SoakPoint> curve)
        implements AutoCloseable {

    static Run begin(Settings settings) throws IOException {
        var workplace = new Workplace(settings.folder());
        var samples = new Samples();
        var marks = new Marks(samples, workplace.file("marks.jfr"));
        return new Run(
                settings,
                samples,
                marks,
                workplace,
                new StasisArm(samples, marks, workplace.home()),
                Collections.synchronizedList(new ArrayList<>()),
                new ArrayList<>(),
                new TreeMap<>(),
                new ArrayList<>());
    }

    /// Tells whoever waits.
    static void say(String what) {
        System.err.println("benchmark: " + what);
    }

    /// Keeps something to be said with the results.
    void note(String what) {
        say(what);
        notes.add(what);
    }

    /// The time for a part.
    static Time atMost(Duration duration) {
        return new Time(System.nanoTime() + duration.toNanos());
    }

    /// When a part should come to its end.
    record Time(long end) {
        boolean isUp() {
            return System.nanoTime() - end >= 0;
        }
    }

    /// A part of the run.
    @FunctionalInterface
    interface Part {
        /// Does it.
        void measure() throws Exception;
    }

    /// Does a part. One that fails takes nothing from what the others measure.
    void part(String what, Part part) throws IOException {
        say(what);
        long start = System.nanoTime();
        try {
            part.measure();
        } catch (Exception e) {
            e.printStackTrace();
            failures.add(what + ": " + e.getMessage());
        }
        marks.collect();
        say("  took " + Duration.ofNanos(System.nanoTime() - start).toSeconds() + " s");
    }

    @Override
    public void close() {
        try (workplace;
                marks) {
            stasis.close();
        }
    }
}
