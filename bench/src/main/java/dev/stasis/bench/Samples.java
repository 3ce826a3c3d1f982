package dev.stasis.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;

/// What was measured so far. Thread-safe.
final class Samples {
    private static final double NANOS_OF_A_MILLISECOND = 1e6;

    private final Map<Series, List<Double>> values = new LinkedHashMap<>(); // guarded by this

    synchronized void add(Series series, double value) {
        values.computeIfAbsent(series, _ -> new ArrayList<>()).add(value);
    }

    /// Adds the milliseconds that have passed since an instant of {@link System#nanoTime}.
    ///
    /// @return how many
    double addSince(Series series, long start) {
        double passed = (System.nanoTime() - start) / NANOS_OF_A_MILLISECOND;
        add(series, passed);
        return passed;
    }

    /// Everything that has values, in the order in which it was begun.
    synchronized Set<Series> series() {
        return Collections.unmodifiableSet(new LinkedHashSet<>(values.keySet()));
    }

    /// All values in ascending order; empty where there are none.
    synchronized List<Double> sorted(Series series) {
        var found = new ArrayList<>(values.getOrDefault(series, List.of()));
        Collections.sort(found);
        return found;
    }

    OptionalDouble median(Series series) {
        var sorted = sorted(series);
        return sorted.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(Statistics.quantile(sorted, Statistics.MEDIAN));
    }
}
