package dev.stasis;

import org.jspecify.annotations.Nullable;

/// The instance behind the static calls: opened by the first of them and open until this process
/// ends.
final class DefaultHome {
    private static @Nullable Stasis instance;

    private DefaultHome() {}

    static synchronized Stasis get() {
        if (instance == null) {
            instance = Stasis.open();
        }
        return instance;
    }
}
