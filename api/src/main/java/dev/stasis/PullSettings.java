package dev.stasis;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/// What {@link PullBuilder} gathered.
///
/// @param policy when the registry is asked
/// @param registry how it is reached
/// @param timeout how long all may take
/// @param progress told how far it is; called on several threads, by one at a time
public record PullSettings(
        PullPolicy policy, Registry registry, Duration timeout, Consumer<ImageProgress> progress) {
    /// How registries are reached.
    ///
    /// @param plainHttp whether without TLS
    /// @param authorities files of certificates, in PEM, that are trusted too
    public record Registry(boolean plainHttp, List<Path> authorities) {
        /// Copies.
        public Registry {
            authorities = List.copyOf(authorities);
        }
    }
}
