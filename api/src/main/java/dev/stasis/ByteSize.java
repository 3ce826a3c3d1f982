package dev.stasis;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A number of bytes. Units are powers of 1024: `512M`, `512MiB` and `512MB` are the same.
///
/// @param bytes how many; not negative
public record ByteSize(long bytes) implements Comparable<ByteSize> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,18})\\s*([KMGT]?)(I?B)?");
    private static final String UNITS = "KMGT";

    /// Checks the number.
    public ByteSize {
        if (bytes < 0) {
            throw new StasisException(ErrorCode.INVALID_SIZE, "A size can't be negative: " + bytes);
        }
    }

    /// Reads a size.
    ///
    /// @param text digits with an optional unit: `4096`, `64K`, `512M`, `2G`, `1T`, each also with
    ///   `B` or `iB`; case is ignored
    /// @return the size
    /// @throws StasisException with {@link ErrorCode#INVALID_SIZE} when the text is not of that
    ///   form or too large
    public static ByteSize parse(String text) {
        var match = FORM.matcher(text.strip().toUpperCase(Locale.ROOT));
        if (!match.matches()) {
            throw invalid(text, "write digits with an optional K, M, G or T, such as 512M");
        }
        int power = match.group(2).isEmpty() ? 0 : UNITS.indexOf(match.group(2)) + 1;
        try {
            return new ByteSize(
                    Math.multiplyExact(Long.parseLong(match.group(1)), 1L << (10 * power)));
        } catch (ArithmeticException e) {
            throw invalid(text, "that is more than can be counted");
        }
    }

    /// A size of whole mebibytes.
    ///
    /// @param count how many, in units of 1024 * 1024 bytes
    public static ByteSize ofMebibytes(long count) {
        return new ByteSize(Math.multiplyExact(count, 1L << 20));
    }

    /// This size in mebibytes, rounded up.
    public long mebibytes() {
        return Math.ceilDiv(bytes, 1L << 20);
    }

    // Java makes those of a record anew in each process, which takes milliseconds of a short one.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ByteSize size && size.bytes == bytes;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(bytes);
    }

    @Override
    public int compareTo(ByteSize other) {
        return Long.compare(bytes, other.bytes);
    }

    /// The size for people: the largest unit that leaves at least 1, with one decimal where it is
    /// not whole: `512M`, `1.5G`.
    @Override
    public String toString() {
        int power = 0;
        while (power < UNITS.length() && bytes >= 1L << (10 * (power + 1))) {
            power++;
        }
        if (power == 0) {
            return bytes + "B";
        }
        long unit = 1L << (10 * power);
        String number =
                bytes % unit == 0
                        ? Long.toString(bytes / unit)
                        : String.format(Locale.ROOT, "%.1f", (double) bytes / unit);
        return number + UNITS.charAt(power - 1);
    }

    private static StasisException invalid(String text, String advice) {
        String shown = text.length() > 40 ? text.substring(0, 40) + "…" : text;
        return new StasisException(ErrorCode.INVALID_SIZE, "'" + shown + "' is no size: " + advice);
    }
}
