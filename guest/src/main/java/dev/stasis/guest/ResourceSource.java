package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Where the guest's files come from.
interface ResourceSource {
    /// The bytes of a file; the caller closes them.
    ///
    /// @throws IOException when they can't be read
    InputStream open(String name) throws IOException;

    /// The resources of the module or jar `stasis-guest-resources`.
    static ResourceSource bundled() {
        return ResourceSource::bundled;
    }

    private static InputStream bundled(String name) throws IOException {
        String path = "dev/stasis/guest/resources/" + name;
        @Nullable ModuleLayer layer = ResourceSource.class.getModule().getLayer();
        Optional<Module> module =
                layer == null ? Optional.empty() : layer.findModule("dev.stasis.guest.resources");
        @Nullable InputStream in =
                module.isPresent()
                        ? module.get().getResourceAsStream(path)
                        : ResourceSource.class.getClassLoader().getResourceAsStream(path);
        if (in == null) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED,
                    "The guest's file "
                            + name
                            + " is missing: put stasis-guest-resources on the module path or the class path");
        }
        return in;
    }
}
