package dev.stasis;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Says how a snapshot is exported. Not thread-safe.
public final class ExportBuilder {
    private @Nullable String name;
    private @Nullable String since;
    private boolean withImage;

    /// Makes one that exports all that the snapshot lies on and not the image, under the first name
    /// that the snapshot has.
    public ExportBuilder() {}

    /// Lets it be imported under this name, unless another one is said there.
    ///
    /// @param name follows the rules for names
    public ExportBuilder as(String name) {
        this.name = name;
        return this;
    }

    /// Leaves out what another snapshot lies on as well. Whoever imports must have that snapshot.
    ///
    /// @param nameOrId the other snapshot, by its name or id
    public ExportBuilder since(String nameOrId) {
        this.since = nameOrId;
        return this;
    }

    /// Puts the root file system along, so that whoever imports need not have the image. The
    /// built-in one always goes along.
    public ExportBuilder withImage() {
        this.withImage = true;
        return this;
    }

    /// What was said.
    public ExportSettings build() {
        return new ExportSettings(Optional.ofNullable(name), Optional.ofNullable(since), withImage);
    }
}
