package dev.stasis.bench;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.jr.ob.JSON;

/// The figures that count, beside those of an earlier report.
///
/// @param rows one a figure that both have
record Comparison(List<Row> rows) {
    private static final String LINE = "%-40s %10s %10s %8s  %s%n";

    /// One figure.
    ///
    /// @param name its name
    /// @param before what it was
    /// @param now what it is
    /// @param differs whether the two intervals have nothing in common
    record Row(String name, double before, double now, boolean differs) {}

    /// Reads an earlier report.
    ///
    /// @param folder where it is
    static Comparison with(Path folder, Map<String, Ratios.Ratio> ratios) throws IOException {
        var file = folder.resolve("report.json");
        if (!Files.isRegularFile(file)) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "There is no earlier report " + file + ": give the folder that --out wrote");
        }
        var earlier = JSON.std.mapFrom(Files.readString(file));
        var rows = new ArrayList<Row>();
        if (earlier.get("ratios") instanceof Map<?, ?> before
                && earlier.get("intervals") instanceof Map<?, ?> intervals) {
            ratios.forEach((name, ratio) -> {
                if (before.get(name) instanceof Number value
                        && intervals.get(name) instanceof List<?> ends
                        && ends.getFirst() instanceof Number low
                        && ends.getLast() instanceof Number high) {
                    var now = ratio.estimate();
                    boolean differs =
                            now.low() > high.doubleValue() || now.high() < low.doubleValue();
                    rows.add(new Row(name, value.doubleValue(), now.value(), differs));
                }
            });
        }
        return new Comparison(List.copyOf(rows));
    }

    /// For people.
    String table() {
        var text = new StringBuilder("\n").append(LINE.formatted("", "before", "now", "part", ""));
        for (var row : rows) {
            text.append(
                    LINE.formatted(
                            row.name,
                            Report.number(row.before),
                            Report.number(row.now),
                            Report.number(row.now / row.before),
                            row.differs ? "differs" : ""));
        }
        return text.toString();
    }
}
