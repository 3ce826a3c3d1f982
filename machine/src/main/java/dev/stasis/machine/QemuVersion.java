package dev.stasis.machine;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.util.Optional;
import java.util.regex.Pattern;

/// A version of QEMU.
///
/// @param major the first number
/// @param minor the second
/// @param micro the third
public record QemuVersion(int major, int minor, int micro) implements Comparable<QemuVersion> {
    /// The oldest that has everything that is needed.
    public static final QemuVersion OLDEST = new QemuVersion(7, 2, 0);

    private static final QemuVersion READ_ONLY_RAM = new QemuVersion(8, 2, 0);
    private static final Pattern FORM = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})\\.(\\d{1,4})");
    private static final Pattern BANNER =
            Pattern.compile("QEMU emulator version (" + FORM.pattern() + ")");

    /// Reads `7.2.22`.
    public static QemuVersion parse(String text) {
        var match = FORM.matcher(text);
        if (!match.matches()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "'" + text + "' is no version of QEMU: three numbers are expected");
        }
        return new QemuVersion(
                Integer.parseInt(match.group(1)),
                Integer.parseInt(match.group(2)),
                Integer.parseInt(match.group(3)));
    }

    /// Finds the version in what `qemu-system-x86_64 --version` prints.
    static Optional<QemuVersion> ofBanner(String output) {
        var match = BANNER.matcher(output);
        return match.find() ? Optional.of(parse(match.group(1))) : Optional.empty();
    }

    /// Whether it can map a file as RAM privately without opening it for writing.
    boolean mapsReadOnlyFiles() {
        return compareTo(READ_ONLY_RAM) >= 0;
    }

    @Override
    public int compareTo(QemuVersion other) {
        if (major != other.major) {
            return Integer.compare(major, other.major);
        }
        return minor != other.minor
                ? Integer.compare(minor, other.minor)
                : Integer.compare(micro, other.micro);
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + micro;
    }
}
