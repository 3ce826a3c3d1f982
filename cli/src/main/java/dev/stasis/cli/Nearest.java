package dev.stasis.cli;

import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/// Finds what somebody meant who wrote something that is nearly right.
final class Nearest {
    private Nearest() {}

    static Optional<String> of(String wanted, Stream<String> names) {
        int mostEdits = 1 + wanted.length() / 4;
        return names.filter(name -> edits(wanted, name) <= mostEdits)
                .min(Comparator.comparingInt(name -> edits(wanted, name)));
    }

    /// How many letters must be put in, taken out or replaced to get from one word to the other.
    private static int edits(String from, String to) {
        int[] previous = new int[to.length() + 1];
        for (int column = 0; column <= to.length(); column++) {
            previous[column] = column;
        }
        for (int row = 1; row <= from.length(); row++) {
            int[] current = new int[to.length() + 1];
            current[0] = row;
            for (int column = 1; column <= to.length(); column++) {
                int replaced = from.charAt(row - 1) == to.charAt(column - 1) ? 0 : 1;
                current[column] =
                        Math.min(
                                previous[column - 1] + replaced,
                                1 + Math.min(previous[column], current[column - 1]));
            }
            previous = current;
        }
        return previous[to.length()];
    }
}
