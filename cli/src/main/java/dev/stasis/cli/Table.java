package dev.stasis.cli;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Rows of text in columns for people.
final class Table {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");
    private static final String GAP = "  ";

    private final List<List<Cell>> rows = new ArrayList<>();

    /// One field.
    ///
    /// @param text what it says
    /// @param colour the number of an ANSI colour; 0 for none
    record Cell(String text, int colour) {
        static final int RED = 31;
        static final int GREEN = 32;
        static final int YELLOW = 33;
        static final int GREY = 90;

        static Cell plain(String text) {
            return new Cell(text, 0);
        }

        /// What an image's maker wrote must not move the cursor or colour anything.
        Cell {
            text = visible(text);
        }

        private static String visible(String text) {
            var out = new StringBuilder(text.length());
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                    out.append("\\u%04x".formatted((int) c));
                } else {
                    out.append(c);
                }
            }
            return out.toString();
        }

        private String shown(int width, boolean colours) {
            String padding = " ".repeat(Math.max(0, width - text.length()));
            return (colours && colour != 0 ? "\033[" + colour + "m" + text + "\033[0m" : text)
                    + padding;
        }
    }

    Table(String... titles) {
        if (titles.length > 0) {
            row(titles);
        }
    }

    Table row(String... texts) {
        return row(Arrays.stream(texts).map(Cell::plain).toList());
    }

    Table row(List<Cell> cells) {
        rows.add(List.copyOf(cells));
        return this;
    }

    /// The lines, without blanks at their ends.
    List<String> lines(boolean colours) {
        int columns = rows.stream().mapToInt(List::size).max().orElse(0);
        int[] widths = new int[columns];
        for (var row : rows) {
            for (int column = 0; column < row.size(); column++) {
                widths[column] = Math.max(widths[column], row.get(column).text().length());
            }
        }
        return rows.stream().map(row -> line(row, widths, colours)).toList();
    }

    private static String line(List<Cell> row, int[] widths, boolean colours) {
        var line = new StringBuilder();
        for (int column = 0; column < row.size(); column++) {
            line.append(column == 0 ? "" : GAP)
                    .append(row.get(column).shown(widths[column], colours));
        }
        return line.toString().stripTrailing();
    }

    /// A time in the user's zone.
    static String time(Instant instant) {
        return TIME.format(instant.atZone(ZoneId.systemDefault()));
    }
}
