package dev.stasis;

import java.util.Map;

/// On which terms a new sandbox is kept. None of them is handed on to its snapshots and forks.
///
/// @param labels its labels
/// @param lifetime how long its machine may live
/// @param replaces whether a sandbox that has its name is removed for it
public record SandboxTerms(Map<String, String> labels, Lifetime lifetime, boolean replaces) {
    /// Without labels, without end, and only where the name is free.
    public static final SandboxTerms NONE = new SandboxTerms(Map.of(), Lifetime.UNLIMITED, false);

    /// Copies.
    public SandboxTerms {
        labels = Map.copyOf(labels);
    }

    /// The same with one more label.
    SandboxTerms withLabel(String key, String value) {
        return new SandboxTerms(
                new LabelsBuilder(labels).set(key, value).build(), lifetime, replaces);
    }

    /// The same with another lifetime.
    SandboxTerms withLifetime(Lifetime other) {
        return new SandboxTerms(labels, other, replaces);
    }

    /// The same in the place of whoever has its name.
    SandboxTerms replacing() {
        return new SandboxTerms(labels, lifetime, true);
    }
}
