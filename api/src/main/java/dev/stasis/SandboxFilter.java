package dev.stasis;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// Says which sandboxes are meant: those that fit all that is said. Not thread-safe.
public final class SandboxFilter {
    private final List<Predicate<SandboxInfo>> conditions = new ArrayList<>();

    /// Makes one that every sandbox fits.
    public SandboxFilter() {}

    /// Those in a state.
    public SandboxFilter state(SandboxState state) {
        conditions.add(info -> info.state() == state);
        return this;
    }

    /// Those that have a label of this key.
    public SandboxFilter label(String key) {
        conditions.add(info -> info.labels().containsKey(key));
        return this;
    }

    /// Those that have a label of this key and value.
    public SandboxFilter label(String key, String value) {
        conditions.add(info -> value.equals(info.labels().get(key)));
        return this;
    }

    /// Those made from an image.
    public SandboxFilter image(String reference) {
        conditions.add(info -> info.image().equals(reference));
        return this;
    }

    /// Those restored from a snapshot.
    ///
    /// @param id its id
    public SandboxFilter snapshot(String id) {
        conditions.add(info -> info.snapshot().filter(id::equals).isPresent());
        return this;
    }

    /// Whether a sandbox fits.
    public boolean fits(SandboxInfo sandbox) {
        return conditions.stream().allMatch(condition -> condition.test(sandbox));
    }
}
