package dev.stasis;

import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Says how a tree is copied. Not thread-safe.
public final class CopyBuilder {
    private boolean owners;
    private @Nullable Consumer<CopyProgress> progress;

    /// Makes one for a copy that belongs to whoever makes it.
    public CopyBuilder() {}

    /// Lets the copies keep the numbers of their owners and groups, and their set-user-id bits. On
    /// this computer only root can do that. Copies between sandboxes always keep them.
    public CopyBuilder keepOwners() {
        this.owners = true;
        return this;
    }

    /// Tells how far the copy is.
    ///
    /// @param listener called on the thread that copies, at each thing that is begun
    public CopyBuilder progress(Consumer<CopyProgress> listener) {
        this.progress = listener;
        return this;
    }

    /// What was said.
    public CopySettings build() {
        return new CopySettings(owners, Optional.ofNullable(progress));
    }
}
