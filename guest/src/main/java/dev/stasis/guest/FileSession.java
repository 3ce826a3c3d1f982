package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.guest.FileRequest.Operation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A process in a guest that works with its files for one host, as one of the guest's users. What
/// it is asked for it does in that order; a request can be sent before the reply to the one before
/// is there. It has one open file at most, and one open folder.
///
/// Used by one thread at a time. Requests are collected: what is not awaited is sent by {@link
/// #flush()} at the latest.
public final class FileSession implements AutoCloseable {
    /// The most bytes that are read or written at once.
    public static final int MAX_CHUNK_BYTES = FileServer.MAX_CHUNK_BYTES;

    private static final int FEWER_EXTENTS = 2048;
    private static final byte[] NOTHING = new byte[0];

    private final FileServer server;

    private FileSession(FileServer server) {
        this.server = server;
    }

    /// Whether a link at the end of a path is followed.
    public enum Links {
        /// What it leads to is meant.
        FOLLOWED,
        /// The link is meant.
        THEMSELVES
    }

    /// How a file is opened.
    public enum Access {
        /// To be read.
        READ(1),
        /// To be written.
        WRITE(2),
        /// It is made if it is missing.
        CREATE(4),
        /// It must be missing.
        NEW(8),
        /// What it holds is dropped.
        TRUNCATE(16),
        /// It must not be a link.
        NO_LINK(32),
        /// What is there is removed before, unless it is a folder.
        REPLACE(64);

        private final int bit;

        Access(int bit) {
            this.bit = bit;
        }
    }

    /// What may be missing or in the way when a folder is made or something is renamed.
    public enum Mode {
        /// Exactly what is asked for is done, or it fails.
        STRICT,
        /// Missing parents are made, what is there already is fine or replaced, what a folder holds
        /// is removed with it.
        LENIENT
    }

    /// The reply of what has nothing to say.
    public enum Done {
        /// It is done.
        DONE
    }

    /// Starts one. Whoever opened it closes it.
    ///
    /// @param user the user, as for commands; null: root
    /// @throws StasisException with {@link ErrorCode#INCOMPATIBLE_SNAPSHOT} when the agent is too
    ///   old, {@link ErrorCode#INVALID_ARGUMENT} when there is no such user, or {@link
    ///   ErrorCode#WRONG_STATE} when the sandbox is frozen
    public static FileSession open(AgentConnection connection, @Nullable String user) {
        return new FileSession(FileServer.start(connection, user));
    }

    /// Whether it waits for requests and all are answered.
    public boolean isIdle() {
        return server.isIdle();
    }

    /// Lets it end.
    @Override
    public void close() {
        server.close();
    }

    /// Ends it whatever it does.
    public void kill() {
        server.kill();
    }

    /// Sends what was asked for.
    ///
    /// @throws StasisException with {@link ErrorCode#AGENT_FAILED} or {@link
    ///   ErrorCode#DEADLINE_EXCEEDED} when the file server takes nothing more
    public void flush() {
        server.flush();
    }

    /// What is at a path.
    public FileReply<GuestFile> stat(String path, Links links) {
        return send(
                Operation.STAT,
                "look at " + path,
                new FileRequest(Operation.STAT).number(bit(links), 1).path(path),
                GuestFile::read);
    }

    /// What the open file is.
    ///
    /// @param path the file, for messages
    public FileReply<GuestFile> statOpen(String path) {
        return send(
                Operation.STAT,
                "look at " + path,
                new FileRequest(Operation.STAT).number(0, 1).text(NOTHING),
                GuestFile::read);
    }

    /// Opens a folder, in place of the one that was open.
    public FileReply<Done> openFolder(String path) {
        return send(
                Operation.OPEN_FOLDER,
                "list " + path,
                new FileRequest(Operation.OPEN_FOLDER).path(path),
                FileSession::nothing);
    }

    /// Some more entries of the open folder; none at its end.
    ///
    /// @param path the folder, for messages
    public FileReply<List<GuestEntry>> nextEntries(String path) {
        return send(
                Operation.NEXT,
                "list " + path,
                new FileRequest(Operation.NEXT),
                GuestEntry::readAll);
    }

    /// Opens a file, in place of the one that was open. Nothing but a file can be opened.
    ///
    /// @param permissions for a file that is made
    public FileReply<GuestFile> open(String path, Set<Access> how, int permissions) {
        int flags = how.stream().mapToInt(a -> a.bit).sum();
        return send(
                Operation.OPEN,
                (how.contains(Access.WRITE) ? "write " : "read ") + path,
                new FileRequest(Operation.OPEN)
                        .number(flags, Integer.BYTES)
                        .number(permissions, Integer.BYTES)
                        .path(path),
                GuestFile::read);
    }

    /// Reads from an open file. Fewer bytes than asked for are its end.
    ///
    /// @param count at most {@link #MAX_CHUNK_BYTES}
    /// @param path the file, for messages
    public FileReply<byte[]> read(long offset, int count, String path) {
        var request =
                new FileRequest(Operation.READ)
                        .number(offset, Long.BYTES)
                        .number(count, Integer.BYTES);
        return server.send(
                "read " + path,
                count,
                request.bytes(),
                ByteBuffer.wrap(NOTHING),
                b -> {
                    var bytes = new byte[b.remaining()];
                    b.get(bytes);
                    return bytes;
                });
    }

    /// Writes to an open file.
    ///
    /// @param offset where; -1: at the end of the file
    /// @param bytes at most {@link #MAX_CHUNK_BYTES}, all of which are taken
    /// @param path the file, for messages
    public FileReply<Done> write(long offset, ByteBuffer bytes, String path) {
        var request = new FileRequest(Operation.WRITE).number(offset, Long.BYTES);
        return server.send("write " + path, 0, request.bytes(), bytes, FileSession::nothing);
    }

    /// Gives an open file another size.
    ///
    /// @param path the file, for messages
    public FileReply<Done> truncate(long size, String path) {
        return send(
                Operation.TRUNCATE,
                "write " + path,
                new FileRequest(Operation.TRUNCATE).number(size, Long.BYTES),
                FileSession::nothing);
    }

    /// Flushes an open file to the sandbox's disk.
    ///
    /// @param path the file, for messages
    public FileReply<Done> flushFile(String path) {
        return send(
                Operation.FLUSH,
                "flush " + path,
                new FileRequest(Operation.FLUSH),
                FileSession::nothing);
    }

    /// Closes an open file.
    ///
    /// @param path the file, for messages
    public FileReply<Done> closeFile(String path) {
        return send(
                Operation.CLOSE,
                "close " + path,
                new FileRequest(Operation.CLOSE),
                FileSession::nothing);
    }

    /// Changes permissions, owner and times. Permissions of a link itself can't be changed.
    public FileReply<Done> change(String path, Links links, FileChange change) {
        var request = new FileRequest(Operation.CHANGE).number(bit(links), 1);
        change.write(request);
        return send(Operation.CHANGE, "change " + path, request.path(path), FileSession::nothing);
    }

    /// Changes permissions, owner and times of the open file.
    ///
    /// @param path the file, for messages
    public FileReply<Done> changeOpen(String path, FileChange change) {
        var request = new FileRequest(Operation.CHANGE).number(0, 1);
        change.write(request);
        return send(
                Operation.CHANGE, "change " + path, request.text(NOTHING), FileSession::nothing);
    }

    /// Makes a folder.
    public FileReply<Done> makeFolder(String path, int permissions, Mode mode) {
        return send(
                Operation.MAKE_FOLDER,
                "make folder " + path,
                new FileRequest(Operation.MAKE_FOLDER)
                        .number(bit(mode), 1)
                        .number(permissions, Integer.BYTES)
                        .path(path),
                FileSession::nothing);
    }

    /// Removes something; a link itself. With {@link Mode#LENIENT} it works for about a second: as
    /// long as it answers false there is more to be removed.
    public FileReply<Boolean> remove(String path, Mode mode) {
        return send(
                Operation.REMOVE,
                "remove " + path,
                new FileRequest(Operation.REMOVE).number(bit(mode), 1).path(path),
                b -> b.get() == 1);
    }

    /// Gives something another name, with {@link Mode#LENIENT} in place of what has it.
    public FileReply<Done> rename(String from, String to, Mode mode) {
        return send(
                Operation.RENAME,
                "rename " + from + " to " + to,
                new FileRequest(Operation.RENAME).number(bit(mode), 1).path(from).path(to),
                FileSession::nothing);
    }

    /// Makes a symbolic link, with {@link Mode#LENIENT} in place of what is there, unless it is a
    /// folder.
    public FileReply<Done> symlink(String path, String target, Mode mode) {
        return send(
                Operation.SYMLINK,
                "make link " + path,
                new FileRequest(Operation.SYMLINK).number(bit(mode), 1).path(target).path(path),
                FileSession::nothing);
    }

    /// Gives a file one more name, as {@link #symlink}.
    public FileReply<Done> link(String path, String existing, Mode mode) {
        return send(
                Operation.LINK,
                "make link " + path + " to " + existing,
                new FileRequest(Operation.LINK).number(bit(mode), 1).path(existing).path(path),
                FileSession::nothing);
    }

    /// Where a symbolic link leads to.
    public FileReply<String> readLink(String path) {
        return send(
                Operation.READLINK,
                "read link " + path,
                new FileRequest(Operation.READLINK).path(path),
                b -> GuestNames.text(FileReply.text(b, GuestNames.MAX_PATH_BYTES + 1)));
    }

    /// The path without links, `.` and `..`.
    public FileReply<String> realPath(String path) {
        return send(
                Operation.REAL_PATH,
                "resolve " + path,
                new FileRequest(Operation.REAL_PATH).path(path),
                b -> GuestNames.text(FileReply.text(b, GuestNames.MAX_PATH_BYTES + 1)));
    }

    /// Makes a pipe, a device or a socket, as {@link #symlink}.
    ///
    /// @param type its type and permissions, as in {@link GuestFile#mode}
    /// @param special which device it is
    public FileReply<Done> node(String path, int type, long special, Mode mode) {
        return send(
                Operation.NODE,
                "make " + path,
                new FileRequest(Operation.NODE)
                        .number(bit(mode), 1)
                        .number(type, Integer.BYTES)
                        .number(special, Long.BYTES)
                        .path(path),
                FileSession::nothing);
    }

    /// Where the open file has data.
    ///
    /// @param path the file, for messages
    /// @return beginnings and ends, one after the other
    public List<Long> extents(String path) {
        var all = new ArrayList<Long>();
        int count;
        do {
            long from = all.isEmpty() ? 0 : all.getLast();
            List<Long> some =
                    send(
                                    Operation.EXTENTS,
                                    "read " + path,
                                    new FileRequest(Operation.EXTENTS).number(from, Long.BYTES),
                                    b -> extentsFrom(b, from))
                            .await();
            count = some.size() / 2;
            all.addAll(some);
        } while (count == FEWER_EXTENTS);
        return all;
    }

    private static List<Long> extentsFrom(ByteBuffer from, long after) {
        var extents = new ArrayList<Long>();
        long last = after;
        while (from.hasRemaining()) {
            long begin = from.getLong();
            long end = from.getLong();
            if (begin < last || end <= begin) {
                throw new IllegalArgumentException("data from " + begin + " to " + end);
            }
            extents.add(begin);
            extents.add(end);
            last = end;
        }
        return extents;
    }

    /// The file system's bytes: all, free, and free for users.
    public FileReply<long[]> space(String path) {
        return send(
                Operation.SPACE,
                "look at " + path,
                new FileRequest(Operation.SPACE).path(path),
                b -> new long[] {b.getLong(), b.getLong(), b.getLong()});
    }

    /// Asks whether the user may do something.
    ///
    /// @param how 4 to read, 2 to write, 1 to execute, and their sums; 0 if it is there
    public FileReply<Done> access(String path, int how) {
        return send(
                Operation.ACCESS,
                "access " + path,
                new FileRequest(Operation.ACCESS).number(how, 1).path(path),
                FileSession::nothing);
    }

    private <T> FileReply<T> send(
            Operation operation, String what, FileRequest request, Function<ByteBuffer, T> reader) {
        return server.send(
                what, operation.replyLimit(), request.bytes(), ByteBuffer.wrap(NOTHING), reader);
    }

    private static Done nothing(ByteBuffer body) {
        return Done.DONE;
    }

    private static int bit(Links links) {
        return links == Links.FOLLOWED ? 1 : 0;
    }

    private static int bit(Mode mode) {
        return mode == Mode.LENIENT ? 1 : 0;
    }
}
