package dev.stasis.local.files;

import dev.stasis.CopyBuilder;
import dev.stasis.CopyReport;
import dev.stasis.ErrorCode;
import dev.stasis.FileInfo;
import dev.stasis.SandboxFiles;
import dev.stasis.StasisException;
import dev.stasis.guest.FileChange;
import dev.stasis.guest.FileReply;
import dev.stasis.guest.FileSession;
import dev.stasis.guest.FileSession.Access;
import dev.stasis.guest.FileSession.Links;
import dev.stasis.guest.FileSession.Mode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The files of a sandbox, as one user.
public final class LocalFiles implements SandboxFiles {
    static final Set<Access> REPLACE = EnumSet.of(Access.WRITE, Access.CREATE, Access.TRUNCATE);
    static final Set<Access> EXTEND = EnumSet.of(Access.WRITE, Access.CREATE);
    private static final int PERMISSIONS = 0644;
    private static final int FOLDER_PERMISSIONS = 0755;
    private static final int NOT_FOUND = 2;
    private static final int NOT_A_FOLDER = 20;

    private final FileSessions sessions;
    private final @Nullable String user;

    /// The files as root.
    public LocalFiles(FileSessions sessions) {
        this(sessions, null);
    }

    private LocalFiles(FileSessions sessions, @Nullable String user) {
        this.sessions = sessions;
        this.user = user;
    }

    @Override
    public SandboxFiles as(String user) {
        if (user.isEmpty() || user.indexOf('\0') >= 0) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "An empty user: give one, such as nobody or 1000:100");
        }
        return new LocalFiles(sessions, user);
    }

    FileSessions.Lease borrow() {
        return sessions.borrow(user);
    }

    /// Does something in a session.
    <T> T with(Function<FileSession, T> work) {
        try (var lease = borrow()) {
            try {
                return work.apply(lease.files());
            } catch (StasisException e) {
                throw lease.explained(e);
            }
        }
    }

    private <T> T ask(Function<FileSession, FileReply<T>> request) {
        return with(f -> request.apply(f).await());
    }

    static String absolute(String path) {
        if (!path.startsWith("/")) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "Path '" + path + "' in the sandbox: give an absolute one, such as /" + path);
        }
        return path;
    }

    @Override
    public byte[] read(String path) {
        var bytes = new ByteArrayOutputStream();
        try (InputStream in = openRead(path)) {
            var chunk = new byte[FileSession.MAX_CHUNK_BYTES];
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                bytes.write(chunk, 0, n);
                if (bytes.size() > READ_LIMIT.bytes()) {
                    throw new StasisException(
                            ErrorCode.OUTPUT_TOO_LARGE,
                            path
                                    + " in the sandbox holds more than "
                                    + READ_LIMIT
                                    + ": read it with openRead");
                }
            }
        } catch (IOException e) {
            throw unwrapped(e);
        }
        return bytes.toByteArray();
    }

    private static StasisException unwrapped(IOException e) {
        return e.getCause() instanceof StasisException why
                ? why
                : new StasisException(ErrorCode.IO_FAILED, String.valueOf(e.getMessage()), e);
    }

    @Override
    public void write(String path, byte[] bytes) {
        put(openWrite(path), bytes);
    }

    @Override
    public void append(String path, byte[] bytes) {
        put(openAppend(path), bytes);
    }

    private static void put(OutputStream stream, byte[] bytes) {
        try (stream) {
            stream.write(bytes);
        } catch (IOException e) {
            throw unwrapped(e);
        }
    }

    @Override
    public InputStream openRead(String path) {
        absolute(path);
        return opened(lease -> new GuestInput(lease, path));
    }

    @Override
    public OutputStream openWrite(String path) {
        absolute(path);
        return opened(lease -> new GuestOutput(lease, path, REPLACE, PERMISSIONS, false));
    }

    @Override
    public OutputStream openAppend(String path) {
        absolute(path);
        return opened(lease -> new GuestOutput(lease, path, EXTEND, PERMISSIONS, true));
    }

    /// Makes something that keeps a session until it is closed.
    <T> T opened(Function<FileSessions.Lease, T> maker) {
        var lease = borrow();
        T made = null;
        try {
            made = maker.apply(lease);
            return made;
        } catch (StasisException e) {
            throw lease.explained(e);
        } finally {
            if (made == null) {
                lease.close();
            }
        }
    }

    @Override
    public FileInfo stat(String path) {
        return Infos.of(path, ask(f -> f.stat(absolute(path), Links.FOLLOWED)));
    }

    @Override
    public FileInfo lstat(String path) {
        return Infos.of(path, ask(f -> f.stat(absolute(path), Links.THEMSELVES)));
    }

    @Override
    public boolean exists(String path) {
        return with(f -> {
            var reply = f.stat(absolute(path), Links.THEMSELVES);
            int error = reply.awaitError();
            return error != NOT_FOUND && error != NOT_A_FOLDER && reply.await() != null;
        });
    }

    @Override
    public List<FileInfo> list(String path) {
        absolute(path);
        var all = new ArrayList<FileInfo>();
        with(f -> GuestSource.list(f, path)).forEach(e -> all.add(Infos.of(e)));
        all.sort(Comparator.comparing(FileInfo::name));
        return all;
    }

    @Override
    public void mkdir(String path) {
        var _ = ask(f -> f.makeFolder(absolute(path), FOLDER_PERMISSIONS, Mode.STRICT));
    }

    @Override
    public void mkdirs(String path) {
        var _ = ask(f -> f.makeFolder(absolute(path), FOLDER_PERMISSIONS, Mode.LENIENT));
    }

    @Override
    public void remove(String path) {
        var _ = ask(f -> f.remove(absolute(path), Mode.STRICT));
    }

    @Override
    public void removeAll(String path) {
        absolute(path);
        var _ =
                with(f -> {
                    boolean done = false;
                    while (!done) {
                        var reply = f.remove(path, Mode.LENIENT);
                        done = reply.awaitError() == NOT_FOUND || reply.await();
                    }
                    return done;
                });
    }

    @Override
    public void rename(String from, String to) {
        var _ = ask(f -> f.rename(absolute(from), absolute(to), Mode.LENIENT));
    }

    @Override
    public void symlink(String path, String target) {
        var _ = ask(f -> f.symlink(absolute(path), target, Mode.STRICT));
    }

    @Override
    public void link(String path, String existing) {
        var _ = ask(f -> f.link(absolute(path), absolute(existing), Mode.STRICT));
    }

    @Override
    public String readLink(String path) {
        return ask(f -> f.readLink(absolute(path)));
    }

    @Override
    public String realPath(String path) {
        return ask(f -> f.realPath(absolute(path)));
    }

    @Override
    public void setPermissions(String path, int permissions) {
        if (permissions < 0 || permissions > 07777) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "Permissions "
                            + Integer.toOctalString(permissions)
                            + ": give 0 to 7777 (octal)");
        }
        change(path, Links.FOLLOWED, FileChange.permissions(permissions));
    }

    @Override
    public void setOwner(String path, int user, int group) {
        change(path, Links.THEMSELVES, FileChange.owner(user, group));
    }

    @Override
    public void setTimes(String path, Instant accessed, Instant modified) {
        change(path, Links.FOLLOWED, FileChange.times(accessed, modified));
    }

    void change(String path, Links links, FileChange change) {
        var _ = ask(f -> f.change(absolute(path), links, change));
    }

    @Override
    public CopyReport copyIn(Path source, String path, Consumer<CopyBuilder> settings) {
        return new Copying(this, settings).in(source, path);
    }

    @Override
    public CopyReport copyOut(String path, Path target, Consumer<CopyBuilder> settings) {
        return new Copying(this, settings).out(path, target);
    }

    @Override
    public CopyReport exportTar(String path, OutputStream tar, Consumer<CopyBuilder> settings) {
        return new Copying(this, settings).toTar(path, tar);
    }

    @Override
    public CopyReport importTar(InputStream tar, String folder, Consumer<CopyBuilder> settings) {
        return new Copying(this, settings).ofTar(tar, folder);
    }

    @Override
    public CopyReport copyTo(
            String path, SandboxFiles target, String targetPath, Consumer<CopyBuilder> settings) {
        if (!(target instanceof LocalFiles other)) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "Can't copy to the files of "
                            + target.getClass()
                            + ": give files() of a Sandbox");
        }
        return new Copying(this, settings).to(path, other, targetPath);
    }

    /// Whether these are root's files.
    boolean areOfRoot() {
        return user == null;
    }

    /// Whether these are files of the same sandbox.
    boolean areBeside(LocalFiles other) {
        return sessions == other.sessions;
    }

    /// The file system's bytes: all, free, and free for users.
    long[] space(String path) {
        return ask(f -> f.space(path));
    }

    /// Makes sure that the user may do something, see {@link FileSession#access}.
    void access(String path, int how) {
        var _ = ask(f -> f.access(path, how));
    }
}
