package dev.stasis;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Says how a snapshot is saved. Not thread-safe.
public final class SaveBuilder {
    private final Map<String, String> labels = new LinkedHashMap<>();
    private Optional<Duration> keepFor = Optional.empty();
    private SaveSettings.WhenTaken taken = SaveSettings.WhenTaken.REFUSE;

    /// Makes one that refuses a name that is taken and sets no labels.
    public SaveBuilder() {}

    /// Lets the name, if another snapshot has it, point to this one from then on. Whoever looks it
    /// up finds the one or the other.
    public SaveBuilder move() {
        this.taken = SaveSettings.WhenTaken.MOVE;
        return this;
    }

    /// Gives the snapshot a label, in place of the one of that key.
    ///
    /// @param key follows the rules for names
    /// @param value at most 256 characters
    public SaveBuilder label(String key, String value) {
        labels.put(key, value);
        return this;
    }

    /// Lets the name be pruned after this time, see {@link Stasis#pruneSnapshots}.
    public SaveBuilder keepFor(Duration time) {
        this.keepFor = Optional.of(time);
        return this;
    }

    /// What was said.
    public SaveSettings build() {
        return new SaveSettings(taken, labels, keepFor);
    }
}
