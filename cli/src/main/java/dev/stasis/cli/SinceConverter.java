package dev.stasis.cli;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads a moment: `10m` is ten minutes ago, `2026-03-01T12:34:56` a time in the user's zone, and
/// `2026-03-01T11:34:56Z` one in UTC.
final class SinceConverter implements ITypeConverter<Instant> {
    @Override
    public Instant convert(String text) {
        if (text.matches("\\d+[a-z]+")) {
            return Instant.now().minus(new DurationConverter().convert(text));
        }
        try {
            return text.endsWith("Z")
                    ? Instant.parse(text)
                    : LocalDateTime.parse(text.replace(' ', 'T'))
                            .atZone(ZoneId.systemDefault())
                            .toInstant();
        } catch (DateTimeException e) {
            throw new TypeConversionException(
                    "'"
                            + text
                            + "' is no moment: write how long ago it was, such as 10m, or a time"
                            + " such as 2026-03-01T12:34:56");
        }
    }
}
