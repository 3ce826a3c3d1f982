package dev.stasis.local;

import dev.stasis.ByteSize;
import dev.stasis.image.ImportProgress;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Tells of an import, a line a step.
final class ImportSteps {
    private final String reference;
    private final Consumer<String> progress;
    private ImportProgress.@Nullable Step told;

    ImportSteps(String reference, Consumer<String> progress) {
        this.reference = reference;
        this.progress = progress;
    }

    void report(ImportProgress now) {
        if (now.step() == told) {
            return;
        }
        told = now.step();
        var size = new ByteSize(now.totalBytes());
        progress.accept(
                switch (now.step()) {
                    case RECOGNISING -> "Reading image " + reference + " (" + size + ")";
                    case CHECKING -> "Checking image " + reference;
                    case BUILDING -> "Building the root file system of image " + reference;
                });
    }
}
