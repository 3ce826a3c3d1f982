package dev.stasis.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Drawings in SVG.
final class Plot {
    private static final int WIDTH = 860;
    private static final int LEFT = 210;
    private static final int RIGHT = 90;
    private static final int ROW = 20;
    private static final int BAR = 13;
    private static final int HEIGHT = 260;
    private static final int MARGIN = 40;
    private static final List<String> COLOURS =
            List.of(
                    "#0b6e4f", "#c8553d", "#28536b", "#f2a541", "#7b506f", "#6a994e", "#8d99ae",
                    "#bc4749", "#386641");

    private Plot() {}

    /// A bar.
    ///
    /// @param p50 its length
    /// @param p99 where its whisker ends
    record Bar(String label, double p50, double p99, int colour) {}

    /// A line.
    record Line(String label, List<Point> points) {}

    /// A point of a line.
    record Point(double x, double y) {}

    /// Bars from left to right, their lengths by powers of ten.
    static String bars(List<Bar> bars, String unit) {
        double most = bars.stream().mapToDouble(bar -> Math.max(bar.p50, bar.p99)).max().orElse(1);
        double least = bars.stream().mapToDouble(Bar::p50).min().orElse(1);
        var scale = new Scale(least / 2, most * 1.2, LEFT, WIDTH - RIGHT, true);
        int height = bars.size() * ROW + MARGIN;
        var svg = begun(height);
        for (double tick : scale.ticks()) {
            line(svg, scale.at(tick), 0, scale.at(tick), height - MARGIN / 2.0, "#ddd");
            text(svg, scale.at(tick), height - 6, "middle", Report.number(tick));
        }
        for (int i = 0; i < bars.size(); i++) {
            var bar = bars.get(i);
            double top = i * ROW + 3;
            text(svg, LEFT - 8, top + BAR - 2, "end", bar.label);
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<rect x='%d' y='%.1f' width='%.1f' height='%d' fill='%s'/>",
                            LEFT,
                            top,
                            scale.at(bar.p50) - LEFT,
                            BAR,
                            colour(bar.colour)));
            double middle = top + BAR / 2.0;
            line(svg, scale.at(bar.p50), middle, scale.at(bar.p99), middle, "#333");
            text(
                    svg,
                    scale.at(Math.max(bar.p50, bar.p99)) + 5,
                    top + BAR - 2,
                    "start",
                    Report.number(bar.p50) + " " + unit);
        }
        return svg.append("</svg>").toString();
    }

    /// Lines over a scale.
    ///
    /// @param logarithmic whether both axes go by powers of ten
    static String lines(List<Line> lines, String x, String y, boolean logarithmic) {
        var points = lines.stream().flatMap(line -> line.points.stream()).toList();
        var across = Scale.of(points.stream().map(Point::x).toList(), 60, WIDTH - 190, logarithmic);
        var up = Scale.of(points.stream().map(Point::y).toList(), HEIGHT - MARGIN, 10, logarithmic);
        var svg = begun(HEIGHT);
        for (double tick : across.ticks()) {
            line(svg, across.at(tick), 10, across.at(tick), HEIGHT - MARGIN, "#ddd");
            text(svg, across.at(tick), HEIGHT - MARGIN + 14, "middle", Report.number(tick));
        }
        for (double tick : up.ticks()) {
            line(svg, 60, up.at(tick), WIDTH - 190, up.at(tick), "#ddd");
            text(svg, 54, up.at(tick) + 4, "end", Report.number(tick));
        }
        text(svg, (WIDTH - 130) / 2.0, HEIGHT - 6, "middle", x + "   (up: " + y + ")");
        for (int i = 0; i < lines.size(); i++) {
            drawn(svg, lines.get(i), i, across, up);
        }
        return svg.append("</svg>").toString();
    }

    private static void drawn(StringBuilder svg, Line line, int i, Scale across, Scale up) {
        var path = new StringBuilder();
        for (var point : line.points) {
            path.append(
                    String.format(Locale.ROOT, "%.1f,%.1f ", across.at(point.x), up.at(point.y)));
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<circle cx='%.1f' cy='%.1f' r='2.5' fill='%s'/>",
                            across.at(point.x),
                            up.at(point.y),
                            colour(i)));
        }
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<polyline points='%s' fill='none' stroke='%s' stroke-width='1.5'/>",
                        path.toString(),
                        colour(i)));
        double top = 14 + i * 16;
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<rect x='%d' y='%.1f' width='10' height='10' fill='%s'/>",
                        WIDTH - 180,
                        top,
                        colour(i)));
        text(svg, WIDTH - 165, top + 9, "start", line.label);
    }

    /// From values to places.
    private record Scale(double low, double high, double from, double to, boolean logarithmic) {
        static Scale of(List<Double> values, double from, double to, boolean logarithmic) {
            double low = values.stream().mapToDouble(v -> v).min().orElse(1);
            double high = values.stream().mapToDouble(v -> v).max().orElse(1);
            return logarithmic
                    ? new Scale(low / 1.3, high * 1.3, from, to, true)
                    : new Scale(0, Math.max(high * 1.1, 1e-9), from, to, false);
        }

        double at(double value) {
            double part =
                    logarithmic
                            ? Math.log(value / low) / Math.log(high / low)
                            : (value - low) / (high - low);
            return from + part * (to - from);
        }

        List<Double> ticks() {
            var ticks = new ArrayList<Double>();
            if (logarithmic) {
                for (double power = Math.pow(10, Math.floor(Math.log10(low)));
                        power <= high;
                        power *= 10) {
                    for (int times : new int[] {1, 3}) {
                        if (power * times >= low && power * times <= high) {
                            ticks.add(power * times);
                        }
                    }
                }
            } else {
                double step = Math.pow(10, Math.floor(Math.log10(high / 2)));
                step *= high / step > 6 ? 2 : 1;
                for (double tick = 0; tick <= high; tick += step) {
                    ticks.add(tick);
                }
            }
            return ticks;
        }
    }

    private static StringBuilder begun(int height) {
        return new StringBuilder(
                String.format(
                        Locale.ROOT,
                        "<svg viewBox='0 0 %d %d' width='%d' xmlns='http://www.w3.org/2000/svg' font-size='11'>",
                        WIDTH,
                        height,
                        WIDTH));
    }

    private static void line(
            StringBuilder svg, double x1, double y1, double x2, double y2, String colour) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s'/>",
                        x1,
                        y1,
                        x2,
                        y2,
                        colour));
    }

    private static void text(StringBuilder svg, double x, double y, String anchor, String text) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<text x='%.1f' y='%.1f' text-anchor='%s'>%s</text>",
                        x,
                        y,
                        anchor,
                        safe(text)));
    }

    static String safe(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static String colour(int number) {
        return COLOURS.get(number % COLOURS.size());
    }
}
