package dev.stasis.image;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/// The names that images have here: a file each, `{ "name": "…", "image": "<digest>" }`, called by
/// the digest of the name, which may be longer than a file's.
final class ImageNames {
    private static final System.Logger LOG = System.getLogger(ImageNames.class.getName());
    private static final int LIMIT_BYTES = 4096;

    private final Path folder;

    ImageNames(Path folder) {
        this.folder = folder;
    }

    /// The digest of the image of a name.
    Optional<String> find(String name) throws IOException {
        return read(file(name)).filter(entry -> entry.name.equals(name)).map(Entry::image);
    }

    /// All names, with the digests of their images. One that can't be read is left out, and said in
    /// the log.
    SortedMap<String, String> all() throws IOException {
        var names = new TreeMap<String, String>();
        try {
            for (Path file : ImageFolders.entries(folder)) {
                if (ImageFolders.isDigest(String.valueOf(file.getFileName()))) {
                    read(file).ifPresent(entry -> names.put(entry.name, entry.image));
                }
            }
        } catch (NoSuchFileException e) {
            // No image has a name.
        }
        return Collections.unmodifiableSortedMap(names);
    }

    /// Gives a name to an image, and takes it from the one that had it.
    void put(String name, String image) throws IOException {
        Files.createDirectories(
                folder,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path aside = Files.createTempFile(folder, ".new-", "");
        try {
            Files.write(aside, JSON.std.asBytes(Map.of("name", name, "image", image)));
            sync(aside);
            Files.move(aside, file(name), StandardCopyOption.ATOMIC_MOVE);
            sync(folder);
        } finally {
            Files.deleteIfExists(aside);
        }
    }

    void remove(String name) throws IOException {
        Files.deleteIfExists(file(name));
    }

    private Path file(String name) {
        return folder.resolve(Digests.of(name.getBytes(StandardCharsets.UTF_8)));
    }

    private record Entry(String name, String image) {}

    private static Optional<Entry> read(Path file) throws IOException {
        try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            var fields = JSON.std.mapFrom(in.readNBytes(LIMIT_BYTES));
            if (fields.get("name") instanceof String name
                    && fields.get("image") instanceof String image
                    && ImageFolders.isDigest(image)) {
                return Optional.of(new Entry(name, image));
            }
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JacksonException e) {
            // Said below.
        }
        LOG.log(System.Logger.Level.WARNING, "The name of an image in {0} can't be read", file);
        return Optional.empty();
    }

    private static void sync(Path fileOrFolder) throws IOException {
        try (var channel = FileChannel.open(fileOrFolder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
