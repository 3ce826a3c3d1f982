package dev.stasis.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// What was measured so far.
final class Samples {
    private static final double NANOS_OF_A_MILLISECOND = 1e6;

    private final Map<Arm, Map<Metric, List<Double>>> values = new EnumMap<>(Arm.class);

    void add(Arm arm, Metric metric, double value) {
        values.computeIfAbsent(arm, _ -> new EnumMap<>(Metric.class))
                .computeIfAbsent(metric, _ -> new ArrayList<>())
                .add(value);
    }

    /// Adds the milliseconds that have passed since an instant of {@link System#nanoTime}.
    ///
    /// @return how many
    double addSince(Arm arm, Metric metric, long start) {
        double passed = (System.nanoTime() - start) / NANOS_OF_A_MILLISECOND;
        add(arm, metric, passed);
        return passed;
    }

    /// All values in ascending order; empty where the arm does not have it.
    List<Double> sorted(Arm arm, Metric metric) {
        var found =
                new ArrayList<>(values.getOrDefault(arm, Map.of()).getOrDefault(metric, List.of()));
        Collections.sort(found);
        return found;
    }

    OptionalDouble median(Arm arm, Metric metric) {
        var sorted = sorted(arm, metric);
        int count = sorted.size();
        return count == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of((sorted.get((count - 1) / 2) + sorted.get(count / 2)) / 2);
    }

    /// The median of Stasis as a part of another arm's.
    OptionalDouble ratio(Metric metric, Arm to) {
        var ours = median(Arm.STASIS, metric);
        var theirs = median(to, metric);
        return ours.isPresent() && theirs.isPresent()
                ? OptionalDouble.of(ours.getAsDouble() / theirs.getAsDouble())
                : OptionalDouble.empty();
    }
}
