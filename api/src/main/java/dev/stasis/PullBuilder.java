package dev.stasis;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Says how a registry is reached, and what may be done there. Not thread-safe.
public final class PullBuilder {
    /// How long a pull may take unless something else is said.
    public static final Duration DEFAULT_TIMEOUT = Duration.ofHours(1);

    private PullPolicy policy = PullPolicy.ALWAYS;
    private boolean plainHttp;
    private final List<Path> authorities = new ArrayList<>();
    private Duration timeout = DEFAULT_TIMEOUT;
    private Consumer<ImageProgress> progress = _ -> {};

    /// Makes one with the defaults.
    public PullBuilder() {}

    /// When the registry is asked; always unless said otherwise.
    public PullBuilder policy(PullPolicy policy) {
        this.policy = policy;
        return this;
    }

    /// Talks with the registry without TLS: anybody on the way can read the login and change what
    /// has no digest.
    public PullBuilder plainHttp() {
        this.plainHttp = true;
        return this;
    }

    /// Trusts the certificates in a file, in PEM, beside those that Java and this computer trust.
    /// Repeatable.
    public PullBuilder certificateAuthority(Path file) {
        authorities.add(file);
        return this;
    }

    /// How long it may take; {@link #DEFAULT_TIMEOUT} unless said otherwise.
    public PullBuilder timeout(Duration timeout) {
        this.timeout = timeout;
        return this;
    }

    /// Is told how far it is, often; called on several threads, by one at a time.
    public PullBuilder progress(Consumer<ImageProgress> progress) {
        this.progress = progress;
        return this;
    }

    /// What was gathered.
    public PullSettings build() {
        return new PullSettings(
                policy, new PullSettings.Registry(plainHttp, authorities), timeout, progress);
    }
}
