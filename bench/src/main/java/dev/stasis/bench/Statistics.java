package dev.stasis.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/// Quantiles, and how sure they are.
final class Statistics {
    static final double MEDIAN = 0.5;
    static final double NEARLY_ALL = 0.99;

    private static final int RESAMPLES = 1000;
    private static final int SEED = 20_11;
    private static final double LOW = 0.025;
    private static final double HIGH = 0.975;

    private Statistics() {}

    /// A value and the interval that it is in with a probability of 95 %.
    record Estimate(double value, double low, double high) {}

    /// A quantile, between two values where it is.
    ///
    /// @param sorted in ascending order; not empty
    static double quantile(List<Double> sorted, double part) {
        double at = part * (sorted.size() - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.size() - 1);
        return sorted.get(below) + (at - below) * (sorted.get(above) - sorted.get(below));
    }

    /// The median.
    static Estimate median(List<Double> values) {
        var random = new Random(SEED);
        return estimate(sampled -> median(sampled.get(values, random)));
    }

    /// The median of some values as a part of that of others.
    static Estimate ratio(List<Double> ours, List<Double> theirs) {
        var random = new Random(SEED);
        return estimate(
                sampled -> median(sampled.get(ours, random)) / median(sampled.get(theirs, random)));
    }

    /// How much larger the median of some values is than that of others.
    static Estimate difference(List<Double> ours, List<Double> theirs) {
        var random = new Random(SEED);
        return estimate(
                sampled -> median(sampled.get(ours, random)) - median(sampled.get(theirs, random)));
    }

    /// How values are taken for one estimate.
    @FunctionalInterface
    private interface Sampling {
        double[] get(List<Double> values, Random random);
    }

    private static Estimate estimate(ToDoubleFunction<Sampling> quantity) {
        double value = quantity.applyAsDouble((values, _) -> array(values));
        var resampled = new double[RESAMPLES];
        for (int i = 0; i < RESAMPLES; i++) {
            resampled[i] = quantity.applyAsDouble(Statistics::drawn);
        }
        Arrays.sort(resampled);
        return new Estimate(
                value, resampled[(int) (LOW * RESAMPLES)], resampled[(int) (HIGH * RESAMPLES)]);
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /// As many of the values, some of them several times.
    private static double[] drawn(List<Double> values, Random random) {
        var drawn = new double[values.size()];
        for (int i = 0; i < drawn.length; i++) {
            drawn[i] = values.get(random.nextInt(drawn.length));
        }
        return drawn;
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        int count = values.length;
        return (values[(count - 1) / 2] + values[count / 2]) / 2;
    }
}
