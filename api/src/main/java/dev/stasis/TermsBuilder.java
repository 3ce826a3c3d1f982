package dev.stasis;

import java.time.Duration;
import java.util.Optional;

/// Says on which terms a new sandbox is kept, whether it is created or restored. None of them is
/// handed on to its snapshots and forks. Not thread-safe.
///
/// @param <B> the builder that this is a part of
public abstract sealed class TermsBuilder<B extends TermsBuilder<B>>
        permits SandboxBuilder, RestoreBuilder {
    private SandboxTerms terms = SandboxTerms.NONE;
    private boolean attached = true;

    TermsBuilder() {}

    abstract B self();

    SandboxTerms terms() {
        return terms;
    }

    boolean isAttached() {
        return attached;
    }

    /// A label of the sandbox, by which it is found again; see {@link SandboxFilter}. A fork has
    /// none of its source's.
    ///
    /// @param key follows the rules for names
    /// @param value at most 256 characters
    public B label(String key, String value) {
        terms = terms.withLabel(key, value);
        return self();
    }

    /// Ends the sandbox's machine when nobody has used it for this long: see {@link Lifetime#idle}.
    ///
    /// @param time one second to ten years
    public B idleTimeout(Duration time) {
        terms = terms.withLifetime(new Lifetime(Optional.of(time), terms.lifetime().longest()));
        return self();
    }

    /// Ends the sandbox's machine this long after it was made or started: see {@link
    /// Lifetime#longest}.
    ///
    /// @param time one second to ten years
    public B maxDuration(Duration time) {
        terms = terms.withLifetime(new Lifetime(terms.lifetime().idle(), Optional.of(time)));
        return self();
    }

    /// Removes the sandbox that has the new one's name, if there is one: whatever it is doing, and
    /// as late as possible, once all that can be checked before was checked. If making the new one
    /// fails after that, there is none of that name.
    public B replace() {
        terms = terms.replacing();
        return self();
    }

    /// Lets the sandbox live on when the process that makes it ends: nothing but {@link
    /// Sandbox#remove()} removes it then.
    public B detached() {
        attached = false;
        return self();
    }
}
