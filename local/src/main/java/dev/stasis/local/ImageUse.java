package dev.stasis.local;

import dev.stasis.store.Home;
import dev.stasis.store.Setup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Something that needs an image. Templates are not among them: they go with their image.
///
/// @param user what it is, such as `sandbox base`
/// @param root the root file system that it needs
record ImageUse(String user, Path root) {
    /// All that need images of a home: sandboxes, and snapshots that can be restored. What those
    /// lie on has the same root file system.
    static List<ImageUse> of(Home home) {
        var uses = new ArrayList<ImageUse>();
        for (var sandbox : home.sandboxes().list()) {
            uses.add(of(home, "sandbox " + sandbox.name(), sandbox.setup()));
        }
        for (var snapshot : home.snapshots().list()) {
            var setup = snapshot.manifest().setup();
            if (snapshot.names().isEmpty()) {
                uses.add(of(home, "snapshot " + snapshot.manifest().id(), setup));
            }
            for (String name : snapshot.names()) {
                uses.add(of(home, "snapshot " + name, setup));
            }
        }
        return uses;
    }

    private static ImageUse of(Home home, String user, Setup setup) {
        return new ImageUse(user, MachinePlan.root(home, setup).normalize());
    }
}
