package dev.stasis.image;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.ImageConfig;
import dev.stasis.StasisException;
import dev.stasis.linux.Flock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// Makes images: once, however many ask for the same at the same time.
final class ImageMaker {
    private final Path folder;
    private final String tar2sqfs;

    /// @param folder the folder of images
    /// @param tar2sqfs the program that builds root file systems
    ImageMaker(Path folder, String tar2sqfs) {
        this.folder = folder;
        this.tar2sqfs = tar2sqfs;
    }

    /// What an image is to be.
    ///
    /// @param digest what it is known by
    /// @param source what it is made from, for people
    /// @param sourceBytes how large that is
    /// @param config how it wants to be run
    record Plan(String digest, String source, long sourceBytes, ImageConfig config) {}

    /// Where the layers of an image come from, once it is sure that it has to be made.
    interface Layers {
        LayerMerge get() throws IOException;
    }

    /// The image of a digest, if there is one.
    Optional<ImageRecord> find(String digest) throws IOException {
        return ImageFile.read(folder.resolve(digest), digest);
    }

    /// Makes an image, or finds the one that somebody else has made meanwhile.
    ImageRecord makeOnce(Plan plan, Layers layers, Deadline deadline) throws IOException {
        try (var _ = lock(plan.digest(), deadline.left())) {
            Path building = folder.resolve(ImageStore.BUILDING_PREFIX + plan.digest());
            try {
                var made = find(plan.digest());
                return made.isPresent() ? made.get() : make(plan, layers.get(), building, deadline);
            } finally {
                ImageFolders.deleteTree(building);
                Files.deleteIfExists(folder.resolve(ImageStore.LOCK_PREFIX + plan.digest()));
            }
        }
    }

    /// Removes an image.
    ///
    /// @return whether it was there
    boolean remove(String digest) throws IOException {
        try (var _ = lock(digest, Duration.ofMinutes(1))) {
            Path image = folder.resolve(digest);
            Path aside = folder.resolve(ImageStore.BUILDING_PREFIX + digest);
            boolean there = Files.isDirectory(image);
            if (there) {
                ImageFolders.deleteTree(aside);
                Files.move(image, aside);
                ImageFolders.deleteTree(aside);
            }
            Files.deleteIfExists(folder.resolve(ImageStore.LOCK_PREFIX + digest));
            return there;
        }
    }

    private ImageRecord make(Plan plan, LayerMerge layers, Path building, Deadline deadline)
            throws IOException {
        var tree = layers.check();
        ImageFolders.create(building);
        Path root = building.resolve(ImageStore.ROOT);
        try (var build = SquashfsBuild.start(tar2sqfs, root, deadline)) {
            layers.build(tree, build);
        }
        Path target = folder.resolve(plan.digest());
        var record =
                new ImageRecord(
                        plan.digest(),
                        target.resolve(ImageStore.ROOT),
                        plan.source(),
                        Instant.now(),
                        new ByteSize(Files.size(root)),
                        new ByteSize(plan.sourceBytes()),
                        plan.config());
        ImageFile.write(building, record);
        ImageFolders.publish(building, target);
        return record;
    }

    private Flock lock(String digest, Duration atMost) throws IOException {
        Path file = folder.resolve(ImageStore.LOCK_PREFIX + digest);
        return Flock.lock(file, Flock.Mode.EXCLUSIVE, atMost)
                .orElseThrow(() ->
                        new StasisException(
                                ErrorCode.BUSY,
                                "Another process is making the same image and did not finish within %s: wait for it, or end it (%s)"
                                        .formatted(atMost, file)));
    }
}
