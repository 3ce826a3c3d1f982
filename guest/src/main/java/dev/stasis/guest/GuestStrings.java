package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.util.Map;

/// Checks of the text that is sent to a guest.
final class GuestStrings {
    private GuestStrings() {}

    static void check(String what, String value) {
        int nul = value.indexOf('\0');
        if (nul >= 0) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "A NUL at position " + nul + " of the " + what + ": it can't be passed on");
        }
    }

    static void checkEnvironment(Map<String, String> env) {
        env.forEach((name, value) -> {
            if (name.isEmpty() || name.indexOf('=') >= 0) {
                throw new StasisException(
                        ErrorCode.INVALID_ARGUMENT,
                        "'"
                                + name
                                + "' can't name an environment variable: it must not be empty or hold '='");
            }
            check("name of a variable", name);
            check("variable " + name, value);
        });
    }
}
