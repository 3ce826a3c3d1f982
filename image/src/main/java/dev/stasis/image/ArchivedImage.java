package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.Flock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.jr.ob.JSON;

/// A root file system that travels with a snapshot.
public final class ArchivedImage {
    private static final Duration LOCK_DEADLINE = Duration.ofMinutes(2);

    private ArchivedImage() {}

    /// What is to be known of an image elsewhere: JSON values.
    public static Map<String, Object> describe(ImageRecord image) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("format", 1);
        fields.put("digest", image.digest());
        fields.put("source", image.source());
        fields.put("created", image.created().toString());
        fields.put("bytes", image.bytes().bytes());
        fields.put("config", ImageConfigFields.tree(image.config()));
        return fields;
    }

    /// Makes an image of a root file system that came with a snapshot. It is on disk when that
    /// returns.
    ///
    /// @param images the folder of images
    /// @param digest a digest of the file itself, by which it is known from now on: what anybody
    ///   says it was made from is not believed
    /// @param description what {@link #describe} said of it
    /// @param root its file, on the same file system; it is moved away
    /// @throws StasisException with {@link ErrorCode#IMAGE_INVALID} when the description is wrong
    public static ImageRecord adopt(
            Path images, String digest, Map<String, Object> description, Path root) {
        Path lock = images.resolve(ImageStore.LOCK_PREFIX + digest);
        try (var _ = locked(lock)) {
            var known = ImageFile.read(images.resolve(digest), digest);
            if (known.isPresent()) {
                return known.get();
            }
            Path building = images.resolve(ImageStore.BUILDING_PREFIX + digest);
            try {
                ImageFolders.create(building);
                Files.move(root, building.resolve(ImageStore.ROOT), StandardCopyOption.ATOMIC_MOVE);
                var fields = new LinkedHashMap<>(description);
                fields.put("digest", digest);
                Files.write(building.resolve(ImageFile.NAME), JSON.std.asBytes(fields));
                if (ImageFile.read(building, digest).isEmpty()) {
                    throw invalid(digest, null);
                }
                ImageFolders.publish(building, images.resolve(digest));
            } finally {
                ImageFolders.deleteTree(building);
                Files.deleteIfExists(lock);
            }
            return ImageFile.read(images.resolve(digest), digest)
                    .orElseThrow(() -> invalid(digest, null));
        } catch (IOException e) {
            throw Failures.of("Keeping image " + digest, e);
        } catch (StasisException e) {
            throw e.code() == ErrorCode.STORE_DAMAGED ? invalid(digest, e) : e;
        }
    }

    private static Flock locked(Path lock) throws IOException {
        return Flock.lock(lock, Flock.Mode.EXCLUSIVE, LOCK_DEADLINE)
                .orElseThrow(() ->
                        new StasisException(
                                ErrorCode.BUSY,
                                "Another process is making the same image and did not finish within %s: wait for it, or end it (%s)"
                                        .formatted(LOCK_DEADLINE, lock)));
    }

    private static StasisException invalid(String digest, @Nullable StasisException cause) {
        return new StasisException(
                ErrorCode.IMAGE_INVALID,
                "The root file system that came with the snapshot can't be kept as image %s: its description is wrong"
                        .formatted(digest),
                cause);
    }
}
