package dev.stasis.local.files;

import dev.stasis.ErrorCode;
import dev.stasis.FileInfo;
import dev.stasis.StasisException;
import dev.stasis.guest.FileReply;
import dev.stasis.guest.FileSession;
import dev.stasis.guest.FileSession.Access;
import dev.stasis.guest.FileSession.Links;
import dev.stasis.guest.GuestEntry;
import dev.stasis.guest.GuestFile;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// A tree in a guest that is copied. Small files are asked for ahead, so that a thousand of them do
/// not wait a thousand times. What the guest says is not trusted: names were checked when they came
/// ({@link GuestEntry}), and how many there are in a folder is bounded.
final class GuestSource {
    static final int ENTRIES_MOST = 1_000_000;

    private static final Set<Access> READ = EnumSet.of(Access.READ);
    private static final Set<Access> READ_NO_LINK = EnumSet.of(Access.READ, Access.NO_LINK);
    private static final int SMALL_BYTES = 65_536;
    private static final int AHEAD_BYTES = 1 << 20;
    private static final int AHEAD_FILES = 100;
    private static final int AHEAD_CHUNKS = 4;
    private static final int ROOM_BYTES = 4096;

    private final FileSession session;
    private final String root;
    private final TreeTarget target;
    private final HardLinks hardLinks = new HardLinks();
    private final ArrayDeque<Ahead> ahead = new ArrayDeque<>();
    private long aheadBytes;

    GuestSource(FileSession session, String root, TreeTarget target) {
        this.session = session;
        this.root = root;
        this.target = target;
    }

    void copy() {
        GuestFile file = session.stat(root, Links.FOLLOWED).await();
        FileInfo info = Infos.of(root, file);
        switch (info.kind()) {
            case FOLDER -> folder("", info);
            case FILE -> whole("", info, READ);
            default ->
                    throw new StasisException(
                            ErrorCode.FILE_UNUSABLE,
                            "Can't copy "
                                    + root
                                    + " of the sandbox: it is a "
                                    + info.kind()
                                    + ", and neither a file nor a folder");
        }
        target.finish();
    }

    private String full(String path) {
        return path.isEmpty() ? root : root.endsWith("/") ? root + path : root + "/" + path;
    }

    private void folder(String path, FileInfo info) {
        target.folder(path, info);
        List<GuestEntry> entries = list(session, full(path));
        entries.sort(Comparator.comparing(GuestEntry::name));
        var folders = new ArrayList<FileInfo>();
        for (GuestEntry entry : entries) {
            FileInfo each = Infos.of(entry);
            if (each.isFolder()) {
                folders.add(each);
            } else {
                other(child(path, each.name()), each, entry);
            }
        }
        settle(0, 0);
        for (FileInfo each : folders) {
            folder(child(path, each.name()), each);
        }
        target.folderEnd(path, info);
    }

    private static String child(String path, String name) {
        return path.isEmpty() ? name : path + "/" + name;
    }

    private void other(String path, FileInfo info, GuestEntry entry) {
        String earlier = hardLinks.earlier(info, path);
        if (earlier != null) {
            settle(0, 0); // it may be one that was asked for
            target.again(path, info, earlier);
        } else if (info.isFile() && info.size() <= SMALL_BYTES) {
            askFor(path, info);
        } else if (info.isFile()) {
            settle(0, 0);
            whole(path, info, READ_NO_LINK);
        } else if (info.isLink()) {
            target.link(path, info, entry.target());
        } else {
            boolean _ = target.special(path, info, entry.file().special());
        }
    }

    // ---- small files

    private void askFor(String path, FileInfo info) {
        int count = (int) info.size() + ROOM_BYTES;
        String full = full(path);
        ahead.add(
                new Ahead(
                        path,
                        info,
                        session.open(full, READ_NO_LINK, 0),
                        session.read(0, count, full),
                        session.closeFile(full),
                        count));
        aheadBytes += count;
        settle(AHEAD_FILES, AHEAD_BYTES);
    }

    /// Takes what was asked for until no more than that is left.
    private void settle(int files, long bytes) {
        while (ahead.size() > files || (aheadBytes > bytes && !ahead.isEmpty())) {
            Ahead next = ahead.remove();
            aheadBytes -= next.count;
            take(next);
        }
    }

    private void take(Ahead next) {
        if (next.opened.awaitError() == GONE) {
            next.bytes.awaitError();
            next.closed.awaitError();
            target.skip(next.path, "it was removed meanwhile");
            return;
        }
        next.opened.await();
        byte[] bytes = next.bytes.await();
        next.closed.await();
        if (bytes.length == next.count) { // it is longer than it was
            settle(0, 0);
            whole(next.path, next.info, READ_NO_LINK);
            return;
        }
        try (FileSink sink = target.file(next.path, next.info)) {
            sink.data(0, ByteBuffer.wrap(bytes));
            sink.end(bytes.length);
        }
    }

    private static final int GONE = 2;

    private record Ahead(
            String path,
            FileInfo info,
            FileReply<GuestFile> opened,
            FileReply<byte[]> bytes,
            FileReply<FileSession.Done> closed,
            int count) {}

    // ---- large files

    private void whole(String path, FileInfo info, Set<Access> how) {
        String full = full(path);
        FileReply<GuestFile> opened = session.open(full, how, 0);
        if (opened.awaitError() == GONE && !path.isEmpty()) {
            target.skip(path, "it was removed meanwhile");
            return;
        }
        GuestFile is = opened.await();
        try (FileSink sink = target.file(path, info)) {
            if (is.stored() < is.size()) {
                List<Long> extents = session.extents(full);
                for (int i = 0; i < extents.size(); i += 2) {
                    read(full, extents.get(i), extents.get(i + 1), sink);
                }
                sink.end(is.size());
            } else {
                sink.end(read(full, 0, Long.MAX_VALUE, sink));
            }
        }
        session.closeFile(full).await();
    }

    /// Reads until there, or until the file's end; returns where that was.
    private long read(String full, long from, long to, FileSink sink) {
        var chunks = new ArrayDeque<Chunk>();
        long asked = from;
        long at = from;
        boolean more = true;
        while (more || !chunks.isEmpty()) {
            while (more && asked < to && chunks.size() < AHEAD_CHUNKS) {
                int count = (int) Math.min(FileSession.MAX_CHUNK_BYTES, to - asked);
                chunks.add(new Chunk(session.read(asked, count, full), count));
                asked += count;
            }
            if (chunks.isEmpty()) {
                break;
            }
            Chunk chunk = chunks.remove();
            byte[] bytes = chunk.bytes.await();
            if (more && bytes.length > 0) {
                sink.data(at, ByteBuffer.wrap(bytes));
                at += bytes.length;
            }
            more = more && bytes.length == chunk.count;
        }
        return at;
    }

    private record Chunk(FileReply<byte[]> bytes, int count) {}

    /// All that a folder holds.
    ///
    /// @throws StasisException with {@link ErrorCode#OUTPUT_TOO_LARGE} when that is too much
    static List<GuestEntry> list(FileSession session, String folder) {
        FileReply<FileSession.Done> opened = session.openFolder(folder);
        FileReply<List<GuestEntry>> some = session.nextEntries(folder);
        int error = opened.awaitError();
        if (error != 0) {
            some.awaitError();
            opened.await();
        }
        var all = new ArrayList<GuestEntry>();
        for (List<GuestEntry> part = some.await();
                !part.isEmpty();
                part = session.nextEntries(folder).await()) {
            all.addAll(part);
            if (all.size() > ENTRIES_MOST) {
                throw new StasisException(
                        ErrorCode.OUTPUT_TOO_LARGE,
                        "Folder "
                                + folder
                                + " of the sandbox holds more than "
                                + ENTRIES_MOST
                                + " entries: go through it with a directory stream of"
                                + " Sandbox.path");
            }
        }
        return all;
    }
}
