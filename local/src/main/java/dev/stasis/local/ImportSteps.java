package dev.stasis.local;

import dev.stasis.ByteSize;
import dev.stasis.ImageProgress;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Tells of an import, a line a step.
final class ImportSteps {
    private final String reference;
    private final Consumer<String> progress;
    private ImageProgress.@Nullable Step told;

    ImportSteps(String reference, Consumer<String> progress) {
        this.reference = reference;
        this.progress = progress;
    }

    void report(ImageProgress now) {
        if (now.step() == told) {
            return;
        }
        told = now.step();
        var size = new ByteSize(now.totalBytes());
        progress.accept(
                switch (now.step()) {
                    case RECOGNISING -> "Reading image " + reference + " (" + size + ")";
                    case FETCHING, FETCHED -> "Fetching image " + reference;
                    case CHECKING -> "Checking image " + reference;
                    case BUILDING -> "Building the root file system of image " + reference;
                });
    }
}
