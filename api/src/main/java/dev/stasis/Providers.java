package dev.stasis;

import dev.stasis.spi.StasisProvider;
import java.util.ServiceLoader;

/// Finds what does the work behind {@link Stasis}.
final class Providers {
    private Providers() {}

    static StasisProvider one() {
        return ServiceLoader.load(StasisProvider.class)
                .findFirst()
                .orElseThrow(() ->
                        new StasisException(
                                ErrorCode.PROGRAM_MISSING,
                                "No provider of dev.stasis.spi.StasisProvider is on the module or class path: add stasis-local"));
    }
}
