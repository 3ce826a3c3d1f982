package dev.stasis.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// The report as a page that needs nothing but itself.
final class Page {
    private static final String HEAD =
            """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><title>Stasis: benchmark</title><style>
            body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:900px;color:#222}
            table{border-collapse:collapse;font-size:13px}td,th{padding:2px 10px 2px 0;text-align:left;border-bottom:1px solid #eee}
            .missed{color:#b00;font-weight:600}svg{display:block;margin:.5rem 0 1.5rem}
            </style></head><body>
            """;

    private final Report report;
    private final @Nullable Comparison comparison;
    private final StringBuilder html = new StringBuilder(HEAD);

    private Page(Report report, @Nullable Comparison comparison) {
        this.report = report;
        this.comparison = comparison;
    }

    static String of(Report report, @Nullable Comparison comparison) {
        return new Page(report, comparison).written();
    }

    private String written() {
        html.append("<h1>Stasis: benchmark</h1><p>")
                .append(Plot.safe(String.join(", ", report.computer().values())))
                .append(
                        ". Ratios are of medians; the interval holds them with 95 % certainty.</p>");
        report.notes().forEach(note -> html.append("<p>").append(Plot.safe(note)).append("</p>"));
        report.failures()
                .forEach(failure ->
                        html.append("<p>Failed: ").append(Plot.safe(failure)).append("</p>"));
        ratios();
        compared();
        restores();
        sizes();
        memory();
        pauses();
        soak();
        everything();
        return html.append("</body></html>\n").toString();
    }

    private void ratios() {
        html.append("<h2>What counts</h2>");
        table("figure", "value", "95 % sure", "goal", "");
        report.ratios()
                .forEach((name, ratio) -> {
                    var estimate = ratio.estimate();
                    row(
                            name,
                            Report.number(estimate.value()),
                            Report.number(estimate.low()) + " … " + Report.number(estimate.high()),
                            ratio.goalText(),
                            ratio.goal().isEmpty() ? "" : ratio.isMet() ? "met" : "missed");
                });
        html.append("</table>");
    }

    private void compared() {
        if (comparison == null) {
            return;
        }
        html.append("<h2>Against an earlier report</h2>");
        table("figure", "before", "now", "part", "");
        for (var row : comparison.rows()) {
            row(
                    row.name(),
                    Report.number(row.before()),
                    Report.number(row.now()),
                    Report.number(row.now() / row.before()),
                    row.differs() ? "differs" : "");
        }
        html.append("</table>");
    }

    private void restores() {
        for (var metric :
                List.of(
                        Metric.RESTORE_RUNNING,
                        Metric.RESTORE_READY,
                        Metric.RESTORE_FIRST_OUTPUT)) {
            bars(metric.title() + ": 1 GiB, 40 % in use", metric, Subject.MAIN);
        }
    }

    private void bars(String title, Metric metric, Subject subject) {
        var bars = new ArrayList<Plot.Bar>();
        for (var arm : Arm.values()) {
            var sorted = report.samples().sorted(new Series(metric, arm, subject));
            if (!sorted.isEmpty()) {
                bars.add(
                        new Plot.Bar(
                                arm.title(),
                                Statistics.quantile(sorted, Statistics.MEDIAN),
                                Statistics.quantile(sorted, Statistics.NEARLY_ALL),
                                List.of(Arm.values()).indexOf(arm)));
            }
        }
        if (!bars.isEmpty()) {
            html.append("<h2>").append(Plot.safe(title)).append("</h2>");
            html.append("<p>Bars are medians, whiskers end at the 99th percentile.</p>");
            html.append(Plot.bars(bars, metric.unit()));
        }
    }

    /// Over all guests that everything was tried on.
    private void sizes() {
        for (var load : Subject.Load.values()) {
            for (var metric : List.of(Metric.RESTORE_RUNNING, Metric.RESTORE_FIRST_OUTPUT)) {
                lines(
                        metric.title() + ", by memory in use (MiB), " + load,
                        series -> series.subject().inUse().mebibytes(),
                        series ->
                                series.metric() == metric
                                        && series.subject().forks() == 0
                                        && series.subject().load() == load,
                        "MiB in use");
            }
        }
    }

    private void memory() {
        lines(
                "Memory of its own of each fork (Pss), by forks alive",
                series -> series.subject().forks(),
                series -> series.metric() == Metric.MEMORY_PSS && series.subject().forks() > 0,
                "forks");
        lines(
                "Forks a second, to running",
                series -> series.subject().forks(),
                series -> series.metric() == Metric.FORKS_RUNNING,
                "forks");
    }

    private void pauses() {
        for (var metric : List.of(Metric.SNAPSHOT_PAUSE, Metric.CHANGED_PAUSE)) {
            bars(metric.title() + ": 1 GiB, 40 % in use", metric, Subject.MAIN);
        }
    }

    private void lines(
            String title, ToDoubleFunction<Series> by, Predicate<Series> which, String x) {
        var lines = new ArrayList<Plot.Line>();
        String unit = "";
        for (var arm : Arm.values()) {
            var points = new ArrayList<Plot.Point>();
            for (var series : report.samples().series()) {
                if (series.arm() == arm && which.test(series)) {
                    unit = series.metric().unit();
                    report.samples()
                            .median(series)
                            .ifPresent(median ->
                                    points.add(new Plot.Point(by.applyAsDouble(series), median)));
                }
            }
            points.sort(Comparator.comparingDouble(Plot.Point::x));
            if (points.size() > 1) {
                lines.add(new Plot.Line(arm.title(), points));
            }
        }
        if (!lines.isEmpty()) {
            html.append("<h2>").append(Plot.safe(title)).append("</h2>");
            html.append(Plot.lines(lines, x, unit, true));
        }
    }

    private void soak() {
        if (report.curve().isEmpty()) {
            return;
        }
        html.append("<h2>Soak</h2>");
        curve("MiB", "resident", SoakPoint::residentMiB, "heap", SoakPoint::heapMiB);
        curve("count", "files", SoakPoint::files, "descriptors", SoakPoint::descriptors);
        curve("ms", "restore", SoakPoint::restoreMillis, "snapshot", SoakPoint::snapshotMillis);
    }

    private void curve(
            String unit,
            String first,
            ToDoubleFunction<SoakPoint> one,
            String second,
            ToDoubleFunction<SoakPoint> two) {
        var lines = List.of(new Plot.Line(first, points(one)), new Plot.Line(second, points(two)));
        html.append(Plot.lines(lines, "minutes", unit, false));
    }

    private List<Plot.Point> points(ToDoubleFunction<SoakPoint> value) {
        return report.curve().stream()
                .map(point -> new Plot.Point(point.minutes(), value.applyAsDouble(point)))
                .toList();
    }

    private void everything() {
        html.append("<h2>Everything</h2>");
        table("metric", "arm", "guest", "unit", "runs", "p50", "p99", "min", "max");
        for (var series : report.samples().series()) {
            var sorted = report.samples().sorted(series);
            row(
                    series.metric().key(),
                    series.arm().title(),
                    series.subject().toString(),
                    series.metric().unit(),
                    Integer.toString(sorted.size()),
                    Report.number(Statistics.quantile(sorted, Statistics.MEDIAN)),
                    Report.number(Statistics.quantile(sorted, Statistics.NEARLY_ALL)),
                    Report.number(sorted.getFirst()),
                    Report.number(sorted.getLast()));
        }
        html.append("</table>");
    }

    private void table(String... heads) {
        html.append("<table><tr>");
        Arrays.stream(heads)
                .forEach(head -> html.append("<th>").append(Plot.safe(head)).append("</th>"));
        html.append("</tr>");
    }

    private void row(String... cells) {
        html.append("<tr>");
        for (var cell : cells) {
            html.append("<td class='")
                    .append(cell.equals("missed") ? "missed" : "met")
                    .append("'>");
            html.append(Plot.safe(cell)).append("</td>");
        }
        html.append("</tr>");
    }
}
