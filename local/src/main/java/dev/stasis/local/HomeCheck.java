package dev.stasis.local;

import dev.stasis.Finding;
import dev.stasis.Finding.Outcome;
import dev.stasis.store.Home;
import dev.stasis.store.Setup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Examines a home: what the store keeps, and the images that its sandboxes and snapshots need.
/// Half-made sandboxes and run folders of no sandbox are put right by every opening.
final class HomeCheck {
    private final Home home;
    private final List<Finding> findings;

    /// @param opening what the opening of the home put right
    HomeCheck(Home home, List<Finding> opening) {
        this.home = home;
        this.findings = new ArrayList<>(opening);
    }

    /// Changes nothing.
    List<Finding> look() {
        findings.addAll(home.check());
        examineImages();
        return List.copyOf(findings);
    }

    /// Puts right what can be.
    List<Finding> repair() {
        findings.addAll(home.repair());
        examineImages();
        return List.copyOf(findings);
    }

    private void examineImages() {
        var needed = new LinkedHashMap<Path, String>();
        home.sandboxes().list().forEach(record -> need(record.setup(), needed));
        home.snapshots().list().forEach(entry -> need(entry.manifest().setup(), needed));
        needed.forEach((file, image) -> {
            if (!Files.isRegularFile(file)) {
                findings.add(
                        new Finding(
                                "image " + image,
                                "%s is missing, and sandboxes or snapshots need it: import it again"
                                        .formatted(file),
                                Outcome.LOST));
            }
        });
    }

    private void need(Setup setup, Map<Path, String> needed) {
        if (!setup.machine().isEmpty()) {
            needed.put(MachinePlan.root(home, setup), setup.image().reference());
        }
    }
}
