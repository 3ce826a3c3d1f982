package dev.stasis.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.jr.ob.JSON;

/// The samples for people and for programs.
///
/// @param computer where they are from
/// @param samples what came out
/// @param ratios what counts
/// @param notes what is to be said about them
/// @param failures which parts of the run came to nothing, and why
/// @param curve the points of a soak
record Report(
        Map<String, String> computer,
        Samples samples,
        Map<String, Ratios.Ratio> ratios,
        List<String> notes,
        List<String> failures,
        List<SoakPoint> curve) {
    private static final String RATIO = "%-40s %10s %22s %10s %s%n";
    private static final String ROW = "%-62s %-16s %-34s %5s %10s %10s%n";

    static Report of(Run run) throws IOException {
        return new Report(
                Computer.facts(run.software()),
                run.samples(),
                Ratios.of(run.samples()),
                List.copyOf(run.notes()),
                List.copyOf(run.failures()),
                List.copyOf(run.curve()));
    }

    /// A table of the figures that count, and one of everything.
    String table() {
        var text = new StringBuilder(String.join(", ", computer.values())).append("\n\n");
        text.append(RATIO.formatted("", "", "95 % sure", "goal", ""));
        ratios.forEach((name, ratio) ->
                text.append(
                        RATIO.formatted(
                                name,
                                number(ratio.estimate().value()),
                                number(ratio.estimate().low())
                                        + " … "
                                        + number(ratio.estimate().high()),
                                ratio.goalText(),
                                ratio.isMet() ? "" : "missed")));
        text.append('\n').append(ROW.formatted("", "", "", "runs", "p50", "p99"));
        for (var series : samples.series()) {
            var sorted = samples.sorted(series);
            text.append(
                    ROW.formatted(
                            series.metric().title() + " " + series.metric().unit(),
                            series.arm().title(),
                            series.subject(),
                            sorted.size(),
                            number(Statistics.quantile(sorted, Statistics.MEDIAN)),
                            number(Statistics.quantile(sorted, Statistics.NEARLY_ALL))));
        }
        notes.forEach(note -> text.append("\nNote: ").append(note));
        failures.forEach(failure -> text.append("\nFailed: ").append(failure));
        return text.toString();
    }

    static String number(double value) {
        double size = Math.abs(value);
        String format = size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, format, value);
    }

    /// All of it, as a JSON object.
    String json() {
        var report = new LinkedHashMap<String, Object>();
        report.put("computer", computer);
        report.put("results", results());
        var values = new LinkedHashMap<String, Object>();
        var intervals = new LinkedHashMap<String, Object>();
        var goals = new LinkedHashMap<String, Object>();
        ratios.forEach((name, ratio) -> {
            values.put(name, ratio.estimate().value());
            intervals.put(name, List.of(ratio.estimate().low(), ratio.estimate().high()));
            if (ratio.goal().isPresent()) {
                var bound = ratio.least() ? "atLeast" : "atMost";
                goals.put(name, Map.of(bound, ratio.goal().getAsDouble(), "met", ratio.isMet()));
            }
        });
        report.put("ratios", values);
        report.put("intervals", intervals);
        report.put("goals", goals);
        report.put("notes", notes);
        report.put("failures", failures);
        report.put("soak", curve.stream().map(Report::point).toList());
        return JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(report);
    }

    private List<Map<String, Object>> results() {
        var results = new ArrayList<Map<String, Object>>();
        for (var series : samples.series()) {
            var sorted = samples.sorted(series);
            var result = new LinkedHashMap<String, Object>();
            result.put("metric", series.metric().key());
            result.put("arm", series.arm().key());
            result.put("parameters", series.subject().parameters());
            result.put("unit", series.metric().unit());
            result.put("n", sorted.size());
            result.put("p50", Statistics.quantile(sorted, Statistics.MEDIAN));
            result.put("p99", Statistics.quantile(sorted, Statistics.NEARLY_ALL));
            result.put("min", sorted.getFirst());
            result.put("max", sorted.getLast());
            results.add(result);
        }
        return results;
    }

    private static Map<String, Object> point(SoakPoint point) {
        var map = new LinkedHashMap<String, Object>();
        map.put("minutes", point.minutes());
        map.put("rounds", point.rounds());
        map.put("heapMiB", point.heapMiB());
        map.put("residentMiB", point.residentMiB());
        map.put("descriptors", point.descriptors());
        map.put("files", point.files());
        map.put("restoreMs", point.restoreMillis());
        map.put("snapshotMs", point.snapshotMillis());
        return map;
    }
}
