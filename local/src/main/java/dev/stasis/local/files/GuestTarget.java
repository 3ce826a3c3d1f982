package dev.stasis.local.files;

import dev.stasis.ErrorCode;
import dev.stasis.FileInfo;
import dev.stasis.StasisException;
import dev.stasis.guest.FileChange;
import dev.stasis.guest.FileReply;
import dev.stasis.guest.FileSession;
import dev.stasis.guest.FileSession.Access;
import dev.stasis.guest.FileSession.Done;
import dev.stasis.guest.FileSession.Links;
import dev.stasis.guest.FileSession.Mode;
import dev.stasis.guest.GuestFile;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// A tree in a guest that is written. Answers are waited for later, some hundreds of requests
/// behind.
final class GuestTarget implements TreeTarget {
    private static final Set<Access> REPLACED =
            EnumSet.of(Access.WRITE, Access.CREATE, Access.NEW, Access.REPLACE);
    private static final int UNANSWERED = 1000;
    private static final int OWNERLESS = 01777;
    private static final int EXISTS = 17;

    private final FileSession session;
    private final String root;
    private final boolean owners;
    private final ArrayDeque<FileReply<?>> sent = new ArrayDeque<>();
    private final Map<String, FileReply<Done>> made = new HashMap<>();

    /// @param owners whether owners are kept
    GuestTarget(FileSession session, String root, boolean owners) {
        this.session = session;
        this.root = root;
        this.owners = owners;
    }

    private String full(String path) {
        return path.isEmpty() ? root : root.endsWith("/") ? root + path : root + "/" + path;
    }

    private void sent(FileReply<?> reply) {
        sent.add(reply);
        settle(UNANSWERED);
    }

    private void settle(int most) {
        while (sent.size() > most) {
            sent.remove().await();
        }
    }

    @Override
    public void folder(String path, FileInfo like) {
        made.put(path, session.makeFolder(full(path), 0700, Mode.STRICT));
    }

    /// A folder that was there keeps what it is.
    @Override
    public void folderEnd(String path, FileInfo like) {
        FileReply<Done> reply = made.remove(path);
        if (reply == null) {
            return;
        }
        if (reply.awaitError() != EXISTS) {
            reply.await();
            sent(session.change(full(path), Links.THEMSELVES, all(like)));
        } else if (session.stat(full(path), Links.FOLLOWED).await().kind()
                != GuestFile.Kind.FOLDER) {
            reply.await();
        }
    }

    @Override
    public FileSink file(String path, FileInfo like) {
        String full = full(path);
        sent(session.open(full, REPLACED, 0600));
        return new FileSink() {
            private long written;

            @Override
            public void data(long offset, ByteBuffer bytes) {
                while (bytes.hasRemaining()) {
                    int count = Math.min(bytes.remaining(), FileSession.MAX_CHUNK_BYTES);
                    ByteBuffer part = bytes.slice(bytes.position(), count);
                    sent(session.write(offset + bytes.position(), part, full));
                    bytes.position(bytes.position() + count);
                }
                written = offset + bytes.limit();
            }

            @Override
            public void end(long size) {
                if (size > written) {
                    sent(session.truncate(size, full));
                }
                sent(session.changeOpen(full, all(like)));
                sent(session.closeFile(full));
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void link(String path, FileInfo like, String leads) {
        String full = full(path);
        sent(session.symlink(full, leads, Mode.LENIENT));
        FileChange change =
                new FileChange(
                        null,
                        owners ? like.user() : null,
                        owners ? like.group() : null,
                        like.accessed(),
                        like.modified());
        sent(session.change(full, Links.THEMSELVES, change));
    }

    @Override
    public void again(String path, FileInfo like, String earlier) {
        sent(session.link(full(path), full(earlier), Mode.LENIENT));
    }

    @Override
    public boolean special(String path, FileInfo like, long device) {
        int type =
                switch (like.kind()) {
                    case FIFO -> 0010000;
                    case CHARACTER_DEVICE -> 0020000;
                    case BLOCK_DEVICE -> 0060000;
                    default -> 0;
                };
        if (type == 0 || (type != 0010000 && !owners)) {
            return false;
        }
        String full = full(path);
        sent(session.node(full, type | like.permissions(), device, Mode.LENIENT));
        sent(session.change(full, Links.THEMSELVES, all(like)));
        return true;
    }

    private FileChange all(FileInfo like) {
        return new FileChange(
                owners ? like.permissions() : like.permissions() & OWNERLESS,
                owners ? like.user() : null,
                owners ? like.group() : null,
                like.accessed(),
                like.modified());
    }

    @Override
    public void skip(String path, String reason) {}

    /// @throws StasisException with the first failure; {@link ErrorCode#FILE_EXISTS} for what is in
    ///   the way
    @Override
    public void finish() {
        settle(0);
    }
}
