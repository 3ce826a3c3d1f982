package dev.stasis.image;

import com.github.luben.zstd.ZstdIOException;
import dev.stasis.ErrorCode;
import dev.stasis.ImageProgress;
import dev.stasis.StasisException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.zip.ZipException;

/// The two readings of layers: one that judges them, one that builds from them. The second is of
/// the very bytes that were judged, or it fails. Nothing is unpacked, and of the contents no more
/// than a buffer is in memory.
final class LayerMerge {
    /// What a folder is like that nothing describes.
    private static final TarEntry.Attributes UNNAMED =
            new TarEntry.Attributes(0755, 0, 0, 0, Map.of());

    private final List<TarSource> layers;
    private final LayerRules rules;
    private final ImageLimits limits;
    private final Consumer<ImageProgress> progress;

    /// @param layers from the lowest up; each knows its digest
    LayerMerge(
            List<TarSource> layers,
            LayerRules rules,
            ImageLimits limits,
            Consumer<ImageProgress> progress) {
        this.layers = layers;
        this.rules = rules;
        this.limits = limits;
        this.progress = progress;
    }

    /// Reads all of it and judges it.
    Tree.Outcome check() throws IOException {
        var tree = new Tree(rules);
        read(
                ImageProgress.Step.CHECKING,
                new Reader() {
                    @Override
                    public void begin(String layer) {
                        tree.begin(layer);
                    }

                    @Override
                    public void next(TarEntry entry, InputStream content) {
                        tree.add(entry);
                    }
                });
        return tree.outcome();
    }

    /// Reads it again and hands the tree to the program that builds the root file system.
    void build(Tree.Outcome tree, SquashfsBuild build) throws IOException {
        var writer = new TarWriter(build.input());
        read(ImageProgress.Step.BUILDING, new Emitter(tree, writer));
        for (String path : tree.unnamedFolders()) {
            writer.write(
                    new TarEntry(path, TarEntry.Kind.FOLDER, UNNAMED, 0, ""),
                    InputStream.nullInputStream());
        }
        writer.finish();
        build.finish();
    }

    private interface Reader {
        void begin(String layer);

        void next(TarEntry entry, InputStream content) throws IOException;
    }

    private static final class Emitter implements Reader {
        private final Tree.Outcome tree;
        private final TarWriter writer;
        private int number;

        Emitter(Tree.Outcome tree, TarWriter writer) {
            this.tree = tree;
            this.writer = writer;
        }

        @Override
        public void begin(String layer) {
            // Its entries are numbered on.
        }

        @Override
        public void next(TarEntry entry, InputStream content) throws IOException {
            var paths = tree.paths(number++);
            for (int i = 0; i < paths.size(); i++) {
                if (i == 0) {
                    writer.write(entry.at(paths.getFirst()), content);
                } else {
                    writer.write(entry.linkAt(paths.get(i), paths.getFirst()), content);
                }
            }
        }
    }

    private void read(ImageProgress.Step step, Reader to) throws IOException {
        long total = 0;
        for (var layer : layers) {
            total += layer.bytes();
        }
        var taken = new TarReader.Taken();
        long before = 0;
        for (var layer : layers) {
            to.begin(layer.name());
            try (var pass = layer.pass(told(step, before, total));
                    var tar = new TarReader(layer.name(), pass.tar(limits), rules, limits, taken)) {
                for (var entry = tar.next(); entry.isPresent(); entry = tar.next()) {
                    to.next(entry.get(), tar.content());
                }
                pass.drain();
                requireSame(layer, pass);
            } catch (EOFException | ZipException | ZstdIOException e) {
                throw new StasisException(
                        ErrorCode.IMAGE_INVALID,
                        "%s can't be unpacked (%s): get it anew"
                                .formatted(layer.name(), e.getMessage()),
                        e);
            }
            before += layer.bytes();
        }
    }

    private static void requireSame(TarSource layer, TarSource.Pass pass) {
        if (!layer.expected().isEmpty() && !pass.digest().equals(layer.expected())) {
            throw new StasisException(
                    ErrorCode.IMAGE_INVALID,
                    layer.name()
                            + " was changed while an image was being made from it: try again when it is complete");
        }
        String unpacked = layer.unpacked();
        if (!unpacked.isEmpty() && !pass.unpackedDigest().equals(unpacked)) {
            throw new StasisException(
                    ErrorCode.IMAGE_INVALID,
                    "%s unpacks to the digest sha256:%s, and the image's configuration says sha256:%s: get the image anew, or tell its maker"
                            .formatted(layer.name(), pass.unpackedDigest(), unpacked));
        }
    }

    private LongConsumer told(ImageProgress.Step step, long before, long total) {
        return done -> progress.accept(new ImageProgress("", step, before + done, total));
    }
}
