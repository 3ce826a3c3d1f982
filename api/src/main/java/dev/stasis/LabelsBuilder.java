package dev.stasis;

import java.util.Map;
import java.util.TreeMap;

/// Changes labels. Not thread-safe.
public final class LabelsBuilder {
    private final Map<String, String> labels;

    /// Makes one that begins with some labels.
    public LabelsBuilder(Map<String, String> labels) {
        this.labels = new TreeMap<>(labels);
    }

    /// Sets a label, in place of the one of that key.
    ///
    /// @param key follows the rules for names
    /// @param value at most 256 characters
    public LabelsBuilder set(String key, String value) {
        labels.put(key, value);
        return this;
    }

    /// Takes a label away, if there is one of that key.
    public LabelsBuilder remove(String key) {
        labels.remove(key);
        return this;
    }

    /// The labels as they are now.
    public Map<String, String> build() {
        return Map.copyOf(labels);
    }
}
