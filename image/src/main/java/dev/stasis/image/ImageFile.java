package dev.stasis.image;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/// The file `image.json` beside a root file system, at most 1 MiB:
///
/// ```
/// { "format": 1, "digest": "…", "source": "…", "created": "2026-01-31T12:00:00Z", "bytes": 60186624,
///   "sourceBytes": 170000000, "compression": "…", "config": { "entrypoint": [ … ], … } }
/// ```
///
/// The config is that of {@link ImageConfigFields}; without it, it is empty.
final class ImageFile {
    static final String NAME = "image.json";
    private static final int FORMAT = 1;
    private static final int LIMIT_BYTES = 1 << 20;

    private ImageFile() {}

    static void write(Path folder, ImageRecord image) throws IOException {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("format", FORMAT);
        fields.put("digest", image.digest());
        fields.put("source", image.source());
        fields.put("created", image.created().toString());
        fields.put("bytes", image.bytes().bytes());
        fields.put("sourceBytes", image.sourceBytes().bytes());
        fields.put("compression", SquashfsBuild.COMPRESSION);
        fields.put("config", ImageConfigFields.tree(image.config()));
        byte[] content = JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asBytes(fields);
        if (content.length > LIMIT_BYTES) {
            throw new StasisException(
                    ErrorCode.IMAGE_INVALID,
                    "The configuration of %s takes more than %d bytes: choose another image"
                            .formatted(image.source(), LIMIT_BYTES));
        }
        Files.write(folder.resolve(NAME), content);
    }

    /// Reads the record of an image and makes sure that its root file system is there, whole.
    ///
    /// @return empty when there is no such folder
    static Optional<ImageRecord> read(Path folder, String digest) throws IOException {
        if (!ImageFolders.isDigest(digest)
                || !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        Path file = folder.resolve(NAME);
        Path root = folder.resolve(ImageStore.ROOT);
        try {
            var image = record(fields(file), file, root);
            if (!image.digest().equals(digest)) {
                throw damaged(
                        folder, "its record is of image " + RawText.shown(image.digest()), null);
            }
            if (!Files.isRegularFile(root, LinkOption.NOFOLLOW_LINKS)
                    || Files.size(root) != image.bytes().bytes()) {
                throw damaged(folder, root + " has not its size of " + image.bytes().bytes(), null);
            }
            return Optional.of(image);
        } catch (NoSuchFileException | JacksonException | ClassCastException e) {
            throw damaged(folder, "its record can't be read", e);
        }
    }

    private static Map<String, Object> fields(Path file) throws IOException {
        try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            byte[] content = in.readNBytes(LIMIT_BYTES + 1);
            if (content.length > LIMIT_BYTES) {
                throw damaged(file, "it has more than " + LIMIT_BYTES + " bytes", null);
            }
            Map<String, Object> fields = JSON.std.mapFrom(content);
            if (fields == null) {
                throw damaged(file, "it holds nothing", null);
            }
            return fields;
        }
    }

    private static ImageRecord record(Map<String, Object> fields, Path file, Path root) {
        if (fields.get("format") instanceof Integer format
                && fields.get("digest") instanceof String digest
                && fields.get("source") instanceof String source
                && fields.get("created") instanceof String created
                && fields.get("bytes") instanceof Number bytes) {
            if (format > FORMAT) {
                throw damaged(file, "it has format " + format + ", of a newer Stasis", null);
            }
            try {
                return new ImageRecord(
                        digest,
                        root,
                        source,
                        Instant.parse(created),
                        new ByteSize(bytes.longValue()),
                        new ByteSize(
                                fields.get("sourceBytes") instanceof Number n ? n.longValue() : 0),
                        ImageConfigFields.read(fields.get("config")));
            } catch (DateTimeException | StasisException e) {
                throw damaged(file, "a field of it is wrong", e);
            }
        }
        throw damaged(file, "a field of it is missing", null);
    }

    private static StasisException damaged(Path what, String problem, @Nullable Throwable cause) {
        return new StasisException(
                ErrorCode.STORE_DAMAGED,
                "The image in %s is damaged: %s; remove that folder and import the image again"
                        .formatted(what, problem),
                cause);
    }
}
