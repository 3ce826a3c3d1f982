package dev.stasis.cli;

import dev.stasis.PullPolicy;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads when the registry is asked for an image.
final class PullPolicyConverter implements ITypeConverter<PullPolicy> {
    @Override
    public PullPolicy convert(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "always" -> PullPolicy.ALWAYS;
            case "if-missing" -> PullPolicy.IF_MISSING;
            case "never" -> PullPolicy.NEVER;
            default ->
                    throw new TypeConversionException(
                            "'" + text + "' is none of always, if-missing and never");
        };
    }
}
