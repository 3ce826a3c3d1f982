package dev.stasis.store;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// Reads the fields of headers of tar files, which may come from anybody.
final class TarHeader {
    private static final Set<String> KNOWN =
            Set.of(
                    "size",
                    "GNU.sparse.major",
                    "GNU.sparse.minor",
                    "GNU.sparse.name",
                    "GNU.sparse.realsize");

    private TarHeader() {}

    /// Makes sure that a block is a header as it is written here, to the last bit.
    static void requireForm(byte[] header) {
        String name = text(header, 0, 100);
        byte[] right =
                TarSink.header(
                        name.chars().allMatch(c -> c < 128) ? name : "",
                        (char) header[156],
                        octal(header, 124, 12),
                        octal(header, 136, 12));
        if (!Arrays.equals(header, right)) {
            throw TarFeed.invalid("no header of tar as Stasis writes it, where one should be");
        }
    }

    /// The records of an extended header.
    static Map<String, String> records(String text) {
        var records = new HashMap<String, String>();
        for (String line : text.lines().toList()) {
            int space = line.indexOf(' ');
            int equals = line.indexOf('=');
            boolean right =
                    space > 0
                            && equals > space
                            && line.substring(0, space).equals(Integer.toString(line.length() + 1));
            if (!right
                    || records.put(line.substring(space + 1, equals), line.substring(equals + 1))
                            != null) {
                throw TarFeed.invalid("an extended header that can't be read");
            }
        }
        if (!KNOWN.containsAll(records.keySet())) {
            throw TarFeed.invalid("an extended header of another kind");
        }
        return records;
    }

    static long octal(byte[] header, int at, int length) {
        String digits = text(header, at, length).strip();
        try {
            long number = Long.parseLong(digits, 8);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw TarFeed.invalid("a header with the number '" + shown(digits) + "'");
    }

    /// A number that is not negative.
    static long number(String digits) {
        try {
            long number = Long.parseLong(digits);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw TarFeed.invalid("the number '" + shown(digits) + "'");
    }

    static String text(byte[] header, int at, int length) {
        int end = at;
        while (end < at + length && header[end] != 0) {
            end++;
        }
        return new String(header, at, end - at, StandardCharsets.ISO_8859_1);
    }

    static String shown(String text) {
        return "'" + Names.shown(text) + "'";
    }
}
