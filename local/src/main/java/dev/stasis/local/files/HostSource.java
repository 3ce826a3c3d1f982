package dev.stasis.local.files;

import dev.stasis.ErrorCode;
import dev.stasis.FileInfo;
import dev.stasis.FileKind;
import dev.stasis.StasisException;
import dev.stasis.linux.DataRange;
import dev.stasis.linux.SparseFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// A tree on this computer that is copied.
final class HostSource {
    private static final int CHUNK_BYTES = 131_072;
    private static final long MAYBE_SPARSE_BYTES = 1 << 20;
    private static final int TYPE = 0170000;

    private final Path root;
    private final TreeTarget target;
    private final HardLinks hardLinks = new HardLinks();
    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);

    /// @param root followed, if it is a link
    HostSource(Path root, TreeTarget target) {
        this.root = root;
        this.target = target;
    }

    void copy() {
        Path real;
        try {
            real = root.toRealPath();
        } catch (NoSuchFileException e) {
            throw new StasisException(
                    ErrorCode.FILE_NOT_FOUND,
                    "Can't read " + root + " on this computer: there is no such file or folder",
                    e);
        } catch (IOException e) {
            throw HostFailure.of("read " + root, e);
        }
        entry("", real);
        target.finish();
    }

    private void entry(String path, Path file) {
        try {
            var info = info(file);
            String earlier = hardLinks.earlier(info, path);
            if (earlier != null) {
                target.again(path, info, earlier);
                return;
            }
            switch (info.kind()) {
                case FOLDER -> folder(path, file, info);
                case FILE -> file(path, file, info);
                case LINK -> target.link(path, info, Files.readSymbolicLink(file).toString());
                case FIFO -> {
                    boolean _ = target.special(path, info, 0);
                }
                default -> target.skip(path, "a " + info.kind() + " of this computer");
            }
        } catch (NoSuchFileException e) {
            target.skip(path, "it was removed meanwhile");
        } catch (IOException e) {
            throw HostFailure.of("read " + file, e);
        }
    }

    private void folder(String path, Path folder, FileInfo info) throws IOException {
        var entries = new ArrayList<Path>();
        try (var all = Files.newDirectoryStream(folder)) {
            all.forEach(entries::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        entries.sort(null);
        target.folder(path, info);
        for (Path entry : entries) {
            String name = Objects.requireNonNull(entry.getFileName()).toString();
            if (name.indexOf('\uFFFD') >= 0) {
                target.skip(
                        path + "/" + name,
                        "its name is no text in this computer's locale; is LC_ALL a UTF-8 one?");
            } else {
                entry(path.isEmpty() ? name : path + "/" + name, entry);
            }
        }
        target.folderEnd(path, info);
    }

    private void file(String path, Path file, FileInfo info) throws IOException {
        try (var from = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
                FileSink sink = target.file(path, info)) {
            List<DataRange> ranges =
                    info.size() < MAYBE_SPARSE_BYTES
                            ? List.of(new DataRange(0, Long.MAX_VALUE))
                            : SparseFiles.dataRanges(file);
            long end = 0;
            for (DataRange range : ranges) {
                end = range(from, range, sink);
            }
            sink.end(info.size() < MAYBE_SPARSE_BYTES ? end : Math.max(end, from.size()));
        }
    }

    private long range(FileChannel from, DataRange range, FileSink sink) throws IOException {
        long at = range.offset();
        while (at < range.end()) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, range.end() - at));
            if (from.read(chunk, at) <= 0) {
                break;
            }
            chunk.flip();
            int count = chunk.remaining();
            sink.data(at, chunk);
            at += count;
        }
        return at;
    }

    private static FileInfo info(Path file) throws IOException {
        Map<String, Object> is = Files.readAttributes(file, "unix:*", LinkOption.NOFOLLOW_LINKS);
        int mode = (Integer) get(is, "mode");
        long size = (Long) get(is, "size");
        return new FileInfo(
                String.valueOf(file.getFileName()),
                kind(mode),
                size,
                size,
                mode & 07777,
                (Integer) get(is, "uid"),
                (Integer) get(is, "gid"),
                time(is, "lastModifiedTime"),
                time(is, "lastAccessTime"),
                time(is, "ctime"),
                (Integer) get(is, "nlink"),
                (Long) get(is, "dev"),
                (Long) get(is, "ino"),
                Optional.empty());
    }

    private static Object get(Map<String, Object> attributes, String name) {
        return Objects.requireNonNull(attributes.get(name), name);
    }

    private static Instant time(Map<String, Object> attributes, String name) {
        return ((FileTime) get(attributes, name)).toInstant();
    }

    private static FileKind kind(int mode) {
        return switch (mode & TYPE) {
            case 0010000 -> FileKind.FIFO;
            case 0020000 -> FileKind.CHARACTER_DEVICE;
            case 0040000 -> FileKind.FOLDER;
            case 0060000 -> FileKind.BLOCK_DEVICE;
            case 0100000 -> FileKind.FILE;
            case 0120000 -> FileKind.LINK;
            default -> FileKind.SOCKET;
        };
    }
}
