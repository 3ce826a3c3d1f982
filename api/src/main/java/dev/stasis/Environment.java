package dev.stasis;

/// The rules for environment variables.
final class Environment {
    private Environment() {}

    /// Checks the name of a variable: not empty, no `=` and no NUL.
    static void checkName(String name) {
        if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "'"
                            + name
                            + "' can't name an environment variable: it must not be empty or hold '='");
        }
    }
}
