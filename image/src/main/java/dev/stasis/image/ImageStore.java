package dev.stasis.image;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.ImageConfig;
import dev.stasis.ImageProgress;
import dev.stasis.PullPolicy;
import dev.stasis.StasisException;
import dev.stasis.linux.Flock;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Consumer;

/// The root file systems of a home. Safe for any number of threads and processes; nothing needs to
/// be closed.
///
/// ```
/// <digest>/root.sqfs          the root file system, mode 0400, never written again
/// <digest>/image.json         what it is: see ImageFile
/// names/                      what images are called: see ImageNames
/// .blobs/                     layers of pulls that are not done: see BlobCache
/// .in-use                     locked, shared, by whoever makes something of an image
/// .building-<digest>/         one that is being made
/// .lock-<digest>              locked by whoever makes it
/// ```
///
/// The digest is the SHA-256 of the manifest of an image from a registry or OCI archive, of the
/// configuration of one from `docker save`, and of the tar file of a plain root file system. An
/// image exists from the moment that its folder has that name, and is on disk then.
public final class ImageStore {
    static final String ROOT = "root.sqfs";
    static final String BUILDING_PREFIX = ".building-";
    static final String LOCK_PREFIX = ".lock-";
    private static final System.Logger LOG = System.getLogger(ImageStore.class.getName());

    /// How long what an interrupted pull fetched is kept for the next try.
    private static final Duration KEPT = Duration.ofDays(1);

    private final Path folder;
    private final ImageLimits limits;
    private final ImageMaker maker;
    private final ImageNames names;
    private final BlobCache cache;

    private ImageStore(Path folder, ImageLimits limits, String tar2sqfs) {
        this.folder = folder;
        this.limits = limits;
        this.maker = new ImageMaker(folder, tar2sqfs);
        this.names = new ImageNames(folder.resolve("names"));
        this.cache = new BlobCache(folder.resolve(".blobs"));
    }

    /// Opens the images of a home, and removes what interrupted imports left; what interrupted
    /// pulls fetched is removed a day later, since the next pull goes on with it.
    ///
    /// @param folder the folder of images, which exists
    public static ImageStore open(Path folder) {
        return open(folder, ImageLimits.USUAL, "tar2sqfs");
    }

    static ImageStore open(Path folder, ImageLimits limits, String tar2sqfs) {
        try {
            ImageFolders.removeLeftovers(folder);
            var store = new ImageStore(folder, limits, tar2sqfs);
            store.cache.clean(Instant.now().minus(KEPT));
            return store;
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
            var bytes = new ByteSize(Files.size(root));
            var created = Files.getLastModifiedTime(root).toInstant();
            return new ImageRecord(digest, root, name, created, bytes, bytes, ImageConfig.EMPTY);
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IMAGE_NOT_FOUND,
                    "The built-in image %s is missing (%s): install Stasis anew"
                            .formatted(name, root),
                    e);
        }
    }

    /// The image of a digest, if there is one.
    ///
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when its files are damaged
    public Optional<ImageRecord> find(String digest) {
        try {
            return maker.find(digest);
        } catch (IOException e) {
            throw Failures.of("Reading image " + digest, e);
        }
    }

    /// The image of a name, if there is one here.
    public Optional<ImageRecord> find(ImageReference name) {
        try {
            return names.find(name.full()).flatMap(this::find);
        } catch (IOException e) {
            throw Failures.of("Looking for image " + name, e);
        }
    }

    /// The whole names of all images, with their digests.
    public SortedMap<String, String> names() {
        try {
            return names.all();
        } catch (IOException e) {
            throw Failures.of("Listing the names of images in " + folder, e);
        }
    }

    /// The digests of all images, also of damaged ones.
    public List<String> digests() {
        try {
            return ImageFolders.digests(folder);
        } catch (IOException e) {
            throw Failures.of("Listing the images in " + folder, e);
        }
    }

    /// What others wait for until it is closed.
    public interface Hold extends AutoCloseable {
        @Override
        void close();
    }

    /// Keeps all images from being removed, until it is closed. An image that was found before may
    /// be gone already.
    public Hold keepAll(Duration atMost) {
        return lock(Flock.Mode.SHARED, "removes images", atMost);
    }

    /// Waits until nobody keeps images from being removed, and lets nobody begin to.
    public Hold freeAll(Duration atMost) {
        return lock(Flock.Mode.EXCLUSIVE, "makes a sandbox or imports a snapshot", atMost);
    }

    private Hold lock(Flock.Mode mode, String what, Duration atMost) {
        try {
            var lock =
                    Flock.lock(folder.resolve(".in-use"), mode, atMost)
                            .orElseThrow(() ->
                                    new StasisException(
                                            ErrorCode.BUSY,
                                            "Another process %s and did not finish within %s: try again later (%s)"
                                                    .formatted(what, atMost, folder)));
            return lock::close;
        } catch (IOException e) {
            throw Failures.of("Locking the images in " + folder, e);
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

    /// How an image is to be got.
    ///
    /// @param policy whether the registry is asked
    /// @param access how it is reached
    /// @param atMost how long all may take
    /// @param progress told how far it is, often; called on several threads, by one at a time
    public record Pull(
            PullPolicy policy,
            RegistryAccess access,
            Duration atMost,
            Consumer<ImageProgress> progress) {}

    /// Gets an image from a registry, or finds it here. What arrives is checked against its
    /// digests; nothing that is wrong, cut off or too large becomes an image. Two that get the same
    /// at once get it once. What a pull had fetched when it failed or was killed is kept for the
    /// next try.
    ///
    /// @throws StasisException with {@link ErrorCode#IMAGE_NOT_FOUND}, {@link
    ///   ErrorCode#ACCESS_DENIED}, {@link ErrorCode#REGISTRY_FAILED}, {@link
    ///   ErrorCode#IMAGE_INVALID}, {@link ErrorCode#DEADLINE_EXCEEDED} and others
    public ImageRecord pull(ImageReference name, Pull how) {
        var known = how.policy == PullPolicy.ALWAYS ? Optional.<ImageRecord>empty() : find(name);
        if (known.isPresent()) {
            return known.get();
        }
        if (how.policy == PullPolicy.NEVER) {
            throw new StasisException(
                    ErrorCode.IMAGE_NOT_FOUND,
                    "Image %s is not on this computer, and the registry was not to be asked: pull it with 'stasis images pull %s'"
                            .formatted(name, name));
        }
        try {
            var deadline = new Deadline(how.atMost);
            var image =
                    new ImagePull(maker, cache, limits, deadline, how.progress)
                            .pull(name, how.access);
            names.put(name.full(), image.digest());
            return image;
        } catch (IOException e) {
            throw Failures.of("Pulling image " + name, e);
        }
    }

    /// Makes an image from a file that holds a root file system or a single image, or finds the one
    /// made from it before: see {@link #load}.
    public ImageRecord importTar(Path file, Duration atMost, Consumer<ImageProgress> progress) {
        try {
            return ImageLoad.only(loader(atMost, progress).load(file, file.toString()), file);
        } catch (IOException e) {
            throw Failures.of("Making an image from " + file, e);
        }
    }

    /// Makes images from a file: from an archive of `docker save` or with an OCI layout, which may
    /// hold several with their names, or from a tar file with a root file system. Owners, modes,
    /// times, links and extended attributes are kept; devices are left out, since a guest has its
    /// own. Two that load the same file at once make it once.
    ///
    /// Nothing of an image is written before all of it was read and found good, and nothing is left
    /// behind when that fails or its process is killed.
    ///
    /// @param file a tar file, plain or compressed with gzip or zstd
    /// @param atMost how long it may take
    /// @param progress told how far it is, often; called on this thread
    /// @throws StasisException with {@link ErrorCode#IMAGE_NOT_FOUND} when there is no such file;
    ///   {@link ErrorCode#IMAGE_INVALID} when it is no tar file, damaged, cut off, too large, or
    ///   holds what can't be in a root file system; {@link ErrorCode#PROGRAM_MISSING} without
    ///   `tar2sqfs`; {@link ErrorCode#DISK_FULL}, {@link ErrorCode#DEADLINE_EXCEEDED}, {@link
    ///   ErrorCode#BUSY}
    public List<ImageRecord> load(Path file, Duration atMost, Consumer<ImageProgress> progress) {
        try {
            return named(loader(atMost, progress).load(file, file.toString()));
        } catch (IOException e) {
            throw Failures.of("Loading images from " + file, e);
        }
    }

    /// The same from a stream, which is not closed.
    ///
    /// @param name what it is, for people
    public List<ImageRecord> load(
            InputStream in, String name, Duration atMost, Consumer<ImageProgress> progress) {
        try (var spool = Spool.create(folder)) {
            spool.fill(name, in, limits, new Deadline(atMost));
            return named(loader(atMost, progress).load(spool.file(), name));
        } catch (IOException e) {
            throw Failures.of("Loading images from " + name, e);
        }
    }

    private ImageLoad loader(Duration atMost, Consumer<ImageProgress> progress) {
        return new ImageLoad(folder, maker, limits, new Deadline(atMost), progress);
    }

    private List<ImageRecord> named(List<ImageLoad.Loaded> loaded) throws IOException {
        for (var one : loaded) {
            for (var name : one.names()) {
                names.put(name.full(), one.image().digest());
            }
        }
        return loaded.stream().map(ImageLoad.Loaded::image).distinct().toList();
    }

    /// Writes an image as an archive with a single layer, which is an OCI layout and a `docker
    /// save` in one.
    ///
    /// @param out where to; not closed
    public void save(ImageRecord image, OutputStream out, Duration atMost) {
        try {
            var called =
                    names().entrySet().stream()
                            .filter(name -> name.getValue().equals(image.digest()))
                            .map(java.util.Map.Entry::getKey)
                            .toList();
            new ImageSave(folder, new Deadline(atMost)).save(image, called, out);
        } catch (IOException e) {
            throw Failures.of("Saving image " + image.source(), e);
        }
    }

    /// Takes a name from its image, which stays.
    public void removeName(String name) {
        try {
            names.remove(name);
        } catch (IOException e) {
            throw Failures.of("Removing the name " + name, e);
        }
    }

    /// Removes an image with all its names. The caller knows that nothing uses it.
    public void remove(String digest) {
        try {
            maker.remove(digest);
            for (var name : names.all().entrySet()) {
                if (name.getValue().equals(digest)) {
                    names.remove(name.getKey());
                }
            }
        } catch (IOException e) {
            throw Failures.of("Removing image " + digest, e);
        }
    }

    /// Deletes what interrupted pulls fetched, unless a pull is under way.
    ///
    /// @return how much that was
    public ByteSize removeFetched() {
        try {
            return new ByteSize(cache.clean(Instant.MAX));
        } catch (IOException e) {
            throw Failures.of("Deleting layers in " + folder, e);
        }
    }
}
