package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.ImageConfig;
import dev.stasis.ImageProgress;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Makes images from a file: an archive of images, or a tar file that is a root file system. Which
/// of them it is, is decided by what is in it.
final class ImageLoad {
    private final Path folder;
    private final ImageMaker maker;
    private final ImageLimits limits;
    private final Deadline deadline;
    private final Consumer<ImageProgress> progress;

    ImageLoad(
            Path folder,
            ImageMaker maker,
            ImageLimits limits,
            Deadline deadline,
            Consumer<ImageProgress> progress) {
        this.folder = folder;
        this.maker = maker;
        this.limits = limits;
        this.deadline = deadline;
        this.progress = progress;
    }

    /// An image that was made from a file.
    ///
    /// @param image the image
    /// @param names what the archive calls it
    record Loaded(ImageRecord image, Set<ImageReference> names) {}

    List<Loaded> load(Path file, String name) throws IOException {
        var source = TarSource.open(file);
        if (source.compression() == Compression.NONE) {
            var archive = Archive.open(name, file);
            return archive.isPresent() ? images(archive.get()) : List.of(root(file, name));
        }
        if (!looksLikeArchive(source)) {
            return List.of(root(file, name));
        }
        try (var spool = Spool.create(folder);
                var pass = source.pass(_ -> {})) {
            spool.fill(name, pass.tar(limits), limits, deadline);
            var archive = Archive.open(name, spool.file());
            return archive.isPresent() ? images(archive.get()) : List.of(root(file, name));
        }
    }

    /// By the first name in it, which is enough to save the unpacking of most root file systems.
    private boolean looksLikeArchive(TarSource source) throws IOException {
        try (var pass = source.pass(_ -> {});
                var tar =
                        new TarReader(
                                source.name(),
                                pass.tar(limits),
                                LayerRules.ROOT,
                                limits,
                                new TarReader.Taken())) {
            var entry = tar.next();
            while (entry.isPresent() && entry.get().path().isEmpty()) {
                entry = tar.next();
            }
            return entry.filter(first -> Archive.isTypical(first.path())).isPresent();
        } catch (StasisException e) {
            return false; // Whoever reads it as a root file system says what is wrong.
        }
    }

    private List<Loaded> images(Archive archive) throws IOException {
        var loaded = new ArrayList<Loaded>();
        for (var image : archive.images()) {
            var manifest = image.manifest();
            String source =
                    image.names().stream()
                            .findFirst()
                            .map(ImageReference::full)
                            .orElse(archive.name());
            long bytes = image.layers().stream().mapToLong(TarSource::bytes).sum();
            var plan = new ImageMaker.Plan(manifest.digest(), source, bytes, manifest.config());
            var made =
                    maker.makeOnce(
                            plan,
                            () -> merge(image.layers(), LayerRules.LAYER, archive.name()),
                            deadline);
            loaded.add(new Loaded(made, image.names()));
        }
        return loaded;
    }

    /// @param name what the file is, for people
    private Loaded root(Path file, String name) throws IOException {
        var source = TarSource.of(name, FileSlice.all(file));
        long bytes = source.bytes();
        String digest =
                source.digest(done ->
                        told(
                                new ImageProgress("", ImageProgress.Step.RECOGNISING, done, bytes),
                                name));
        Optional<ImageRecord> known = maker.find(digest);
        if (known.isPresent()) {
            return new Loaded(known.get(), Set.of());
        }
        var plan = new ImageMaker.Plan(digest, name, bytes, ImageConfig.EMPTY);
        var layers = List.of(source.expecting(digest, ""));
        return new Loaded(
                maker.makeOnce(plan, () -> merge(layers, LayerRules.ROOT, name), deadline),
                Set.of());
    }

    private LayerMerge merge(List<TarSource> layers, LayerRules rules, String name) {
        return new LayerMerge(layers, rules, limits, step -> told(step, name));
    }

    private void told(ImageProgress step, String name) {
        deadline.check(name, step);
        progress.accept(step);
    }

    /// The only image of a file.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when there are several
    static ImageRecord only(List<Loaded> loaded, Path file) {
        if (loaded.size() != 1) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "%s holds %d images: load them with 'stasis images load', and name one"
                            .formatted(file, loaded.size()));
        }
        return loaded.getFirst().image();
    }
}
