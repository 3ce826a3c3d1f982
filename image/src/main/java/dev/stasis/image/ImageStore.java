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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// The root file systems of a home. Safe for any number of threads and processes; nothing needs to
/// be closed.
///
/// ```
/// <digest>/root.sqfs          the root file system, mode 0400, never written again
/// <digest>/image.json         what it is: see ImageFile
/// .building-<digest>/         one that is being made
/// .lock-<digest>              locked by whoever makes it
/// ```
///
/// The digest is the SHA-256 of the tar file that it was made from. An image exists from the moment
/// that its folder has that name, and is on disk then.
public final class ImageStore {
    static final String ROOT = "root.sqfs";
    static final String BUILDING_PREFIX = ".building-";
    static final String LOCK_PREFIX = ".lock-";
    private static final System.Logger LOG = System.getLogger(ImageStore.class.getName());

    private final Path folder;
    private final ImageLimits limits;
    private final String tar2sqfs;

    private ImageStore(Path folder, ImageLimits limits, String tar2sqfs) {
        this.folder = folder;
        this.limits = limits;
        this.tar2sqfs = tar2sqfs;
    }

    /// Opens the images of a home, and removes what interrupted imports left.
    ///
    /// @param folder the folder of images, which exists
    public static ImageStore open(Path folder) {
        return open(folder, ImageLimits.USUAL, "tar2sqfs");
    }

    static ImageStore open(Path folder, ImageLimits limits, String tar2sqfs) {
        try {
            ImageFolders.removeLeftovers(folder);
            return new ImageStore(folder, limits, tar2sqfs);
        } catch (IOException e) {
            throw Failures.of("Opening the images in " + folder, e);
        }
    }

    /// An image that lies elsewhere and came with Stasis.
    ///
    /// @param name its name, such as `busybox`
    /// @param root its squashfs file
    /// @param digest its digest
    /// @throws StasisException with {@link ErrorCode#IMAGE_NOT_FOUND} when there is no such file
    public static ImageRecord builtin(String name, Path root, String digest) {
        try {
            return new ImageRecord(
                    digest,
                    root,
                    name,
                    Files.getLastModifiedTime(root).toInstant(),
                    new ByteSize(Files.size(root)),
                    ImageConfig.EMPTY);
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IMAGE_NOT_FOUND,
                    "The built-in image %s is missing (%s): install Stasis anew"
                            .formatted(name, root),
                    e);
        }
    }

    /// The image made from a tar file with this digest, if there is one.
    ///
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when its files are damaged
    public Optional<ImageRecord> find(String digest) {
        try {
            return ImageFile.read(folder.resolve(digest), digest);
        } catch (IOException e) {
            throw Failures.of("Reading image " + digest, e);
        }
    }

    /// All images, the oldest first. One that is damaged is left out, and said in the log.
    public List<ImageRecord> list() {
        var images = new ArrayList<ImageRecord>();
        try {
            for (String digest : ImageFolders.digests(folder)) {
                try {
                    find(digest).ifPresent(images::add);
                } catch (StasisException e) {
                    LOG.log(System.Logger.Level.WARNING, e.getMessage());
                }
            }
        } catch (IOException e) {
            throw Failures.of("Listing the images in " + folder, e);
        }
        images.sort(Comparator.comparing(ImageRecord::created));
        return images;
    }

    /// Makes an image from a tar file that holds a root file system, or finds the one made from it
    /// before. Owners, modes, times, links and extended attributes are kept; devices are left out,
    /// since a guest has its own. Two that import the same file at once make it once.
    ///
    /// Nothing is written before all of the file was read and found good, and nothing is left
    /// behind when the import fails or its process is killed.
    ///
    /// @param file a tar file, plain or compressed with gzip
    /// @param atMost how long it may take
    /// @param progress told how far it is, often; called on this thread
    /// @throws StasisException with {@link ErrorCode#IMAGE_NOT_FOUND} when there is no such file;
    ///   {@link ErrorCode#IMAGE_INVALID} when it is no tar file, damaged, cut off, too large, or
    ///   holds what can't be in a root file system; {@link ErrorCode#PROGRAM_MISSING} without
    ///   `tar2sqfs`; {@link ErrorCode#DISK_FULL}, {@link ErrorCode#DEADLINE_EXCEEDED}, {@link
    ///   ErrorCode#BUSY}
    public ImageRecord importTar(Path file, Duration atMost, Consumer<ImportProgress> progress) {
        var deadline = new Deadline(atMost);
        var source = TarSource.open(file);
        try {
            long bytes = source.bytes();
            Consumer<ImportProgress> watched =
                    step -> {
                        deadline.check(source.name(), step);
                        progress.accept(step);
                    };
            String digest =
                    source.digest(done ->
                            watched.accept(
                                    new ImportProgress(
                                            ImportProgress.Step.RECOGNISING, done, bytes)));
            var known = find(digest);
            return known.isPresent()
                    ? known.get()
                    : makeOnce(new TarImport(source, digest, limits, watched), deadline);
        } catch (IOException e) {
            throw Failures.of("Making an image from " + file, e);
        }
    }

    private ImageRecord makeOnce(TarImport tarImport, Deadline deadline) throws IOException {
        String digest = tarImport.digest();
        try (var _ = lock(digest, deadline.left())) {
            var made = find(digest);
            if (made.isPresent()) {
                return made.get();
            }
            Path building = folder.resolve(BUILDING_PREFIX + digest);
            try {
                return make(tarImport, building, deadline);
            } finally {
                ImageFolders.deleteTree(building);
                Files.deleteIfExists(folder.resolve(LOCK_PREFIX + digest));
            }
        }
    }

    private ImageRecord make(TarImport tarImport, Path building, Deadline deadline)
            throws IOException {
        var tree = tarImport.check();
        ImageFolders.create(building);
        Path root = building.resolve(ROOT);
        try (var build = SquashfsBuild.start(tar2sqfs, root, deadline)) {
            tarImport.build(tree, build);
        }
        Path target = folder.resolve(tarImport.digest());
        var record =
                new ImageRecord(
                        tarImport.digest(),
                        target.resolve(ROOT),
                        tarImport.source(),
                        Instant.now(),
                        new ByteSize(Files.size(root)),
                        ImageConfig.EMPTY);
        ImageFile.write(building, record);
        ImageFolders.publish(building, target);
        return record;
    }

    private Flock lock(String digest, Duration atMost) throws IOException {
        Path file = folder.resolve(LOCK_PREFIX + digest);
        return Flock.lock(file, Flock.Mode.EXCLUSIVE, atMost)
                .orElseThrow(() ->
                        new StasisException(
                                ErrorCode.BUSY,
                                "Another process is making the same image and did not finish within %s: wait for it, or end it (%s)"
                                        .formatted(atMost, file)));
    }
}
