package dev.stasis.cli;

import dev.stasis.Rlimit;
import dev.stasis.StasisException;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads limits such as `nofile=1024` and `nproc=64:128`.
final class UlimitConverter implements ITypeConverter<UlimitConverter.Ulimit> {
    private static final Pattern FORM =
            Pattern.compile("(\\w+)=(\\d{1,18}|unlimited)(?::(\\d{1,18}|unlimited))?");

    /// A limit.
    ///
    /// @param resource what is bounded
    /// @param bounds how
    record Ulimit(Rlimit resource, Rlimit.Bounds bounds) {}

    @Override
    public Ulimit convert(String text) {
        var match = FORM.matcher(text);
        if (!match.matches()) {
            throw new TypeConversionException(
                    "'"
                            + text
                            + "' is no limit: write NAME=SOFT or NAME=SOFT:HARD, such as"
                            + " nofile=1024");
        }
        long soft = number(match.group(2));
        try {
            long hard = match.group(3) == null ? soft : number(match.group(3));
            return new Ulimit(resource(match.group(1)), new Rlimit.Bounds(soft, hard));
        } catch (StasisException e) {
            throw new TypeConversionException("'" + text + "': " + e.getMessage());
        }
    }

    private static long number(String text) {
        return text.equals("unlimited") ? Rlimit.Bounds.NONE : Long.parseLong(text);
    }

    private static Rlimit resource(String name) {
        return Arrays.stream(Rlimit.values())
                .filter(each -> each.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() ->
                        new TypeConversionException(
                                "'"
                                        + name
                                        + "' can't be limited: name one of "
                                        + Arrays.stream(Rlimit.values())
                                                .map(each -> each.name().toLowerCase(Locale.ROOT))
                                                .collect(Collectors.joining(", "))));
    }
}
