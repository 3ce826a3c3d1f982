package dev.stasis.local.files;

import dev.stasis.ErrorCode;
import dev.stasis.FileInfo;
import dev.stasis.FileKind;
import dev.stasis.StasisException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/// A tar stream that is unpacked into a folder that is there. Names that lead out of the folder are
/// refused.
final class TarSource {
    private static final int CHUNK_BYTES = 65_536;
    private static final int PERMISSIONS = 07777;
    private static final int USUAL = 0755;

    private final TarArchiveInputStream tar;
    private final TreeTarget target;
    private final Map<String, FileInfo> folders = new LinkedHashMap<>();
    private final byte[] chunk = new byte[CHUNK_BYTES];

    /// @param in read to the archive's end and not closed
    TarSource(InputStream in, TreeTarget target) {
        this.tar = new TarArchiveInputStream(in, StandardCharsets.UTF_8.name());
        this.target = target;
    }

    void copy() {
        try {
            for (TarArchiveEntry entry = tar.getNextEntry();
                    entry != null;
                    entry = tar.getNextEntry()) {
                entry(entry);
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "The tar stream can't be read: "
                            + e.getMessage()
                            + "; is it one, and not compressed?",
                    e);
        }
        for (Map.Entry<String, FileInfo> each : List.copyOf(folders.entrySet()).reversed()) {
            target.folderEnd(each.getKey(), each.getValue());
        }
        target.finish();
    }

    private void entry(TarArchiveEntry entry) throws IOException {
        List<String> names = names(entry.getName());
        if (names.isEmpty()) {
            return; // the folder itself, which is there
        }
        String path = String.join("/", names);
        parents(names);
        if (entry.isDirectory()) {
            folder(path, info(entry, FileKind.FOLDER));
        } else if (entry.isSymbolicLink()) {
            target.link(path, info(entry, FileKind.LINK), entry.getLinkName());
        } else if (entry.isLink()) {
            target.again(
                    path, info(entry, FileKind.FILE), String.join("/", names(entry.getLinkName())));
        } else if (entry.isFIFO()) {
            boolean _ = target.special(path, info(entry, FileKind.FIFO), 0);
        } else if (entry.isCharacterDevice() || entry.isBlockDevice()) {
            target.skip(path, "it is a device");
        } else { // the library takes the rest for files, as other readers do
            file(path, info(entry, FileKind.FILE));
        }
    }

    private static List<String> names(String path) {
        var names = new ArrayList<String>();
        for (String name : path.split("/", -1)) {
            if (name.equals("..")) {
                throw new StasisException(
                        ErrorCode.INVALID_ARGUMENT,
                        "The tar stream names '" + path + "', which leads out of the folder");
            }
            if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
        }
        return names;
    }

    private void parents(List<String> names) {
        for (int count = 1; count < names.size(); count++) {
            String parent = String.join("/", names.subList(0, count));
            if (!folders.containsKey(parent)) {
                folder(parent, usual(parent));
            }
        }
    }

    private void folder(String path, FileInfo like) {
        if (folders.put(path, like) == null) {
            target.folder(path, like);
        }
    }

    private void file(String path, FileInfo like) throws IOException {
        try (FileSink sink = target.file(path, like)) {
            long at = 0;
            for (int n = tar.read(chunk); n >= 0; n = tar.read(chunk)) {
                sink.data(at, ByteBuffer.wrap(chunk, 0, n));
                at += n;
            }
            sink.end(at);
        }
    }

    private static FileInfo usual(String path) {
        return info(path, FileKind.FOLDER, USUAL, 0, 0, Instant.now());
    }

    private static FileInfo info(TarArchiveEntry entry, FileKind kind) {
        return info(
                entry.getName(),
                kind,
                entry.getMode() & PERMISSIONS,
                (int) entry.getLongUserId(),
                (int) entry.getLongGroupId(),
                entry.getLastModifiedTime().toInstant());
    }

    private static FileInfo info(
            String name, FileKind kind, int permissions, int user, int group, Instant time) {
        return new FileInfo(
                name,
                kind,
                0,
                0,
                permissions,
                user,
                group,
                time,
                time,
                time,
                1,
                0,
                0,
                Optional.empty());
    }
}
