package dev.stasis;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// Says which snapshots are meant: those that fit all that is said. Not thread-safe.
public final class SnapshotFilter {
    private final List<Predicate<SnapshotInfo>> conditions = new ArrayList<>();

    /// Makes one that every snapshot fits.
    public SnapshotFilter() {}

    /// Those whose name fits a pattern, in which `*` stands for any letters and `?` for one.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when it is no pattern
    public SnapshotFilter name(String pattern) {
        if (!pattern.matches("[a-z0-9_.*?-]{1,128}")) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "'%s' is no pattern for names: use the letters of names, '*' and '?'"
                            .formatted(pattern));
        }
        var form =
                Pattern.compile(pattern.replace(".", "\\.").replace("*", ".*").replace("?", "."));
        conditions.add(info -> info.name().filter(form.asMatchPredicate()).isPresent());
        return this;
    }

    /// Those that have a label of this key.
    public SnapshotFilter label(String key) {
        conditions.add(info -> info.labels().containsKey(key));
        return this;
    }

    /// Those that have a label of this key and value.
    public SnapshotFilter label(String key, String value) {
        conditions.add(info -> value.equals(info.labels().get(key)));
        return this;
    }

    /// Those whose source was made from an image.
    public SnapshotFilter image(String reference) {
        conditions.add(info -> info.image().equals(reference));
        return this;
    }

    /// Those that were taken of a sandbox of this name.
    public SnapshotFilter source(String sandbox) {
        conditions.add(info -> info.source().equals(sandbox));
        return this;
    }

    /// Whether a snapshot fits.
    public boolean fits(SnapshotInfo snapshot) {
        return conditions.stream().allMatch(condition -> condition.test(snapshot));
    }
}
