package dev.stasis.local.files;

import dev.stasis.ErrorCode;
import dev.stasis.FileInfo;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Set;

/// A tree on this computer that is written from what a guest says. The guest is hostile: it names
/// things twice, changes folders into links, links into folders. So below the root nothing is ever
/// followed: a link that is there, whoever made it, is replaced, and each name was checked to be
/// one name.
final class HostTarget implements TreeTarget {
    private static final int OWNERLESS = 01777;
    private static final Set<StandardOpenOption> FRESH =
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

    private final Path root;
    private final boolean owners;
    private final Set<String> made = new HashSet<>();

    /// @param root links on the way to it and in its place are the caller's and followed
    /// @param owners whether owners are kept, which takes root
    HostTarget(Path root, boolean owners) {
        this.root = root;
        this.owners = owners;
    }

    private Path at(String path) {
        Path at = root;
        try {
            for (String name : path.isEmpty() ? new String[0] : path.split("/", -1)) {
                Path next = at.resolve(name);
                boolean up = name.equals(".") || name.equals("..");
                if (up || !at.equals(next.getParent())) {
                    throw new IllegalStateException("not one name: " + name);
                }
                at = next;
            }
            return at;
        } catch (InvalidPathException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED,
                    "Can't make "
                            + path.codePoints()
                                    .map(c -> c < ' ' || Character.isSurrogate((char) c) ? '?' : c)
                                    .collect(
                                            StringBuilder::new,
                                            StringBuilder::appendCodePoint,
                                            StringBuilder::append)
                            + " below "
                            + root
                            + ": this computer's locale can't name it; is LC_ALL a UTF-8 one?",
                    e);
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void doing(String what, Path path, Work work) {
        try {
            work.run();
        } catch (IOException e) {
            throw HostFailure.of(what + " " + path, e);
        }
    }

    @Override
    public void folder(String path, FileInfo like) {
        Path folder = at(path);
        doing("make folder", folder, () -> makeFolder(path, folder));
    }

    private void makeFolder(String path, Path folder) throws IOException {
        if (path.isEmpty() && Files.isDirectory(folder)) {
            return;
        }
        if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (Files.isSymbolicLink(folder) && !path.isEmpty()) {
            Files.delete(folder);
        }
        Files.createDirectory(
                folder,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        made.add(path);
    }

    /// A folder that was there keeps what it is.
    @Override
    public void folderEnd(String path, FileInfo like) {
        if (made.remove(path)) {
            Path folder = at(path);
            doing("change", folder, () -> change(folder, like));
        }
    }

    @Override
    public FileSink file(String path, FileInfo like) {
        Path file = at(path);
        try {
            clear(file);
            var channel =
                    FileChannel.open(
                            file,
                            FRESH,
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------")));
            return new Sink(file, channel, like);
        } catch (IOException e) {
            throw HostFailure.of("write " + file, e);
        }
    }

    /// Something new never goes through what is there. A folder is in the way.
    private static void clear(Path file) throws IOException {
        if (!Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
            Files.deleteIfExists(file);
        }
    }

    @Override
    public void link(String path, FileInfo like, String leads) {
        Path link = at(path);
        doing(
                "make link",
                link,
                () -> {
                    clear(link);
                    try {
                        Files.createSymbolicLink(link, Path.of(leads));
                    } catch (InvalidPathException e) {
                        throw new IOException("where it leads to can't be named here", e);
                    }
                    if (owners) {
                        own(link, like);
                    }
                    times(link, like);
                });
    }

    @Override
    public void again(String path, FileInfo like, String earlier) {
        Path file = at(path);
        Path first = at(earlier);
        doing(
                "make link",
                file,
                () -> {
                    clear(file);
                    Files.createLink(file, first);
                });
    }

    @Override
    public boolean special(String path, FileInfo like, long device) {
        return false;
    }

    @Override
    public void skip(String path, String reason) {}

    @Override
    public void finish() {}

    // ---- attributes

    /// Of something that was made here and is no link. Owner first: changing it takes the
    /// set-user-id bits away, which only those get who keep owners.
    private void change(Path path, FileInfo like) throws IOException {
        if (owners) {
            own(path, like);
        }
        int mode = owners ? like.permissions() : like.permissions() & OWNERLESS;
        Files.setAttribute(path, "unix:mode", mode, LinkOption.NOFOLLOW_LINKS);
        times(path, like);
    }

    private static void own(Path path, FileInfo like) throws IOException {
        Files.setAttribute(path, "unix:uid", like.user(), LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(path, "unix:gid", like.group(), LinkOption.NOFOLLOW_LINKS);
    }

    private static void times(Path path, FileInfo like) throws IOException {
        var view =
                Files.getFileAttributeView(
                        path, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        view.setTimes(FileTime.from(like.modified()), FileTime.from(like.accessed()), null);
    }

    private final class Sink implements FileSink {
        private final Path file;
        private final FileChannel channel;
        private final FileInfo like;
        private long written;

        Sink(Path file, FileChannel channel, FileInfo like) {
            this.file = file;
            this.channel = channel;
            this.like = like;
        }

        @Override
        public void data(long offset, ByteBuffer bytes) {
            doing(
                    "write",
                    file,
                    () -> {
                        long at = offset;
                        while (bytes.hasRemaining()) {
                            at += channel.write(bytes, at);
                        }
                        written = at;
                    });
        }

        /// A hole at the end is made by the last byte behind it.
        @Override
        public void end(long size) {
            doing(
                    "write",
                    file,
                    () -> {
                        if (size > written) {
                            channel.write(ByteBuffer.wrap(new byte[1]), size - 1);
                        }
                        channel.close();
                        change(file, like);
                    });
        }

        @Override
        public void close() {
            doing("close", file, channel::close);
        }
    }
}
