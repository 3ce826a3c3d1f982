package dev.stasis;

import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Says how a snapshot is imported. Not thread-safe.
public final class ImportBuilder {
    private @Nullable String name;
    private Consumer<String> notices = _ -> {};

    /// Makes one that imports under the name in the archive.
    public ImportBuilder() {}

    /// Gives the snapshot this name.
    ///
    /// @param name follows the rules for names
    public ImportBuilder as(String name) {
        this.name = name;
        return this;
    }

    /// Is told what will keep the snapshot from being restored on this computer, before it is
    /// received: each reason once, for people.
    public ImportBuilder notices(Consumer<String> receiver) {
        this.notices = receiver;
        return this;
    }

    /// What was said.
    public ImportSettings build() {
        return new ImportSettings(Optional.ofNullable(name), notices);
    }
}
