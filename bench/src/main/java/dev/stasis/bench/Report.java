package dev.stasis.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import tools.jackson.jr.ob.JSON;

/// The samples for people and for programs.
///
/// @param settings what was measured
/// @param computer where
/// @param samples what came out
record Report(Settings settings, Map<String, String> computer, Samples samples) {
    private static final String ROW = "%-58s %10s %14s %8s %7s %12s %8s%n";

    /// A table of medians, and of ratios to what plain QEMU needs.
    String table() {
        var text = new StringBuilder();
        text.append(
                "A guest of %s with %s in use; medians of %d rounds with %d restores each; %s%n%n"
                        .formatted(
                                settings.memory(),
                                settings.inUse(),
                                settings.rounds(),
                                settings.restores(),
                                String.join(", ", computer.values())));
        text.append(
                ROW.formatted(
                        "", "Stasis", "savevm/loadvm", "ratio", "goal", "migration", "ratio"));
        for (var metric : Metric.values()) {
            text.append(
                    ROW.formatted(
                            metric.title(),
                            value(Arm.STASIS, metric),
                            value(Arm.LOADVM, metric),
                            ratio(samples.ratio(metric, Arm.LOADVM)),
                            goal(metric),
                            value(Arm.MIGRATION, metric),
                            ratio(samples.ratio(metric, Arm.MIGRATION))));
        }
        return text.toString();
    }

    private String value(Arm arm, Metric metric) {
        var median = samples.median(arm, metric);
        return median.isEmpty()
                ? ""
                : String.format(Locale.ROOT, "%.1f %s", median.getAsDouble(), metric.unit());
    }

    private static String ratio(OptionalDouble ratio) {
        return ratio.isEmpty() ? "" : String.format(Locale.ROOT, "%.3f", ratio.getAsDouble());
    }

    private String goal(Metric metric) {
        var ratio = samples.ratio(metric, Arm.LOADVM);
        if (metric.goal().isEmpty() || ratio.isEmpty()) {
            return "";
        }
        double goal = metric.goal().getAsDouble();
        return (ratio.getAsDouble() <= goal ? "" : "! ") + goal;
    }

    /// All of it, as a JSON object.
    String json() {
        var report = new LinkedHashMap<String, Object>();
        report.put("computer", computer);
        report.put(
                "settings",
                Map.of(
                        "rounds",
                        settings.rounds(),
                        "restores",
                        settings.restores(),
                        "memory",
                        settings.memory().bytes(),
                        "inUse",
                        settings.inUse().bytes(),
                        "change",
                        settings.change().bytes()));
        report.put("results", results());
        report.put("ratios", ratios());
        report.put("goals", goals());
        return JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(report);
    }

    private List<Map<String, Object>> results() {
        var results = new ArrayList<Map<String, Object>>();
        for (var metric : Metric.values()) {
            for (var arm : Arm.values()) {
                var sorted = samples.sorted(arm, metric);
                if (!sorted.isEmpty()) {
                    var result = new LinkedHashMap<String, Object>();
                    result.put("metric", metric.key());
                    result.put("arm", arm.key());
                    result.put("unit", metric.unit());
                    result.put("n", sorted.size());
                    result.put("p50", samples.median(arm, metric).orElseThrow());
                    result.put("min", sorted.getFirst());
                    result.put("max", sorted.getLast());
                    results.add(result);
                }
            }
        }
        return results;
    }

    private Map<String, Double> ratios() {
        var ratios = new LinkedHashMap<String, Double>();
        for (var metric : Metric.values()) {
            for (var arm : List.of(Arm.LOADVM, Arm.MIGRATION)) {
                samples.ratio(metric, arm)
                        .ifPresent(ratio -> ratios.put(metric.key() + ".vs_" + arm.key(), ratio));
            }
        }
        return ratios;
    }

    private static Map<String, Double> goals() {
        var goals = new LinkedHashMap<String, Double>();
        for (var metric : Metric.values()) {
            metric.goal()
                    .ifPresent(goal -> goals.put(metric.key() + ".vs_" + Arm.LOADVM.key(), goal));
        }
        return goals;
    }
}
