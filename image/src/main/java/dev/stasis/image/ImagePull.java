package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.ImageProgress;
import dev.stasis.StasisException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Makes an image from one of a registry.
final class ImagePull {
    private final ImageMaker maker;
    private final BlobCache cache;
    private final ImageLimits limits;
    private final Deadline deadline;
    private final Consumer<ImageProgress> progress;

    ImagePull(
            ImageMaker maker,
            BlobCache cache,
            ImageLimits limits,
            Deadline deadline,
            Consumer<ImageProgress> progress) {
        this.maker = maker;
        this.cache = cache;
        this.limits = limits;
        this.deadline = deadline;
        this.progress = progress;
    }

    ImageRecord pull(ImageReference name, RegistryAccess access) throws IOException {
        try (var registry = new Registry(name.registry(), name.repository(), access, deadline)) {
            byte[] content = registry.manifest(name.version());
            var manifest =
                    Manifest.resolve(registry, content, name.digest().orElse(Digests.of(content)));
            var known = maker.find(manifest.digest());
            if (known.isPresent()) {
                return known.get();
            }
            return make(name, manifest, registry);
        }
    }

    private ImageRecord make(ImageReference name, Manifest manifest, Registry registry)
            throws IOException {
        var plan =
                new ImageMaker.Plan(
                        manifest.digest(), name.full(), layerBytes(manifest), manifest.config());
        boolean done = false;
        try (var _ = cache.use(deadline.left())) {
            var made = maker.makeOnce(plan, () -> fetched(manifest, registry), deadline);
            done = true;
            return made;
        } catch (StasisException e) {
            done = e.code() == ErrorCode.IMAGE_INVALID; // another try needs other bytes
            throw e;
        } finally {
            if (done) {
                cache.discard(manifest.layers());
            }
        }
    }

    private long layerBytes(Manifest manifest) {
        long bytes = manifest.layers().stream().mapToLong(Descriptor::size).max().orElse(0);
        if (bytes <= limits.content().bytes()
                && manifest.layerBytes() <= limits.content().bytes()) {
            return manifest.layerBytes();
        }
        throw new StasisException(
                ErrorCode.IMAGE_INVALID,
                "The layers of image sha256:%s are to have more than %s: no root file system is made from that"
                        .formatted(manifest.digest(), limits.content()));
    }

    private LayerMerge fetched(Manifest manifest, Registry registry) throws IOException {
        new LayerFetch(registry, cache, deadline, progress).all(manifest.layers());
        var sources = new ArrayList<TarSource>();
        for (int i = 0; i < manifest.layers().size(); i++) {
            var layer = manifest.layers().get(i);
            String what = registry.name() + ", layer " + layer.shortDigest();
            sources.add(
                    TarSource.of(what, FileSlice.all(cache.file(layer)))
                            .expecting(layer.digest(), manifest.unpacked().get(i)));
        }
        return merge(sources, deadline);
    }

    private LayerMerge merge(List<TarSource> sources, Deadline until) {
        return new LayerMerge(
                sources,
                LayerRules.LAYER,
                limits,
                step -> {
                    until.check("the layers", step);
                    progress.accept(step);
                });
    }
}
