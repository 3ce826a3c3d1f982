package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/// The two readings of a tar file: one that judges it, one that builds from it. The second is of
/// the very bytes that were judged, or it fails.
final class TarImport {
    private final TarSource source;
    private final String digest;
    private final ImageLimits limits;
    private final Consumer<ImportProgress> progress;

    TarImport(
            TarSource source,
            String digest,
            ImageLimits limits,
            Consumer<ImportProgress> progress) {
        this.source = source;
        this.digest = digest;
        this.limits = limits;
        this.progress = progress;
    }

    String digest() {
        return digest;
    }

    String source() {
        return source.name();
    }

    /// Reads all of it and judges it.
    Tree check() throws IOException {
        var tree = new Tree(source.name());
        try (var pass = source.pass(told(ImportProgress.Step.CHECKING));
                var tar = reader(pass)) {
            for (var entry = tar.next(); entry.isPresent(); entry = tar.next()) {
                tree.add(entry.get());
            }
            requireSame(pass);
        }
        return tree;
    }

    /// Reads it again and hands the tree to the program that builds the root file system.
    void build(Tree tree, SquashfsBuild build) throws IOException {
        try (var pass = source.pass(told(ImportProgress.Step.BUILDING));
                var tar = reader(pass)) {
            var writer = new TarWriter(build.input());
            int number = 0;
            for (var entry = tar.next(); entry.isPresent(); entry = tar.next()) {
                if (tree.takes(number++, entry.get())) {
                    writer.write(entry.get(), tar.content());
                }
            }
            requireSame(pass);
            writer.finish();
            build.finish();
        }
    }

    private void requireSame(TarSource.Pass pass) throws IOException {
        pass.drain();
        if (!pass.digest().equals(digest)) {
            throw new StasisException(
                    ErrorCode.IMAGE_INVALID,
                    source.name()
                            + " was changed while an image was being made from it: try again when it is complete");
        }
    }

    private TarReader reader(TarSource.Pass pass) throws IOException {
        return new TarReader(source.name(), pass.tar(), limits);
    }

    private LongConsumer told(ImportProgress.Step step) throws IOException {
        long bytes = source.bytes();
        return done -> progress.accept(new ImportProgress(step, done, bytes));
    }
}
