package dev.stasis.local.files;

import dev.stasis.guest.FileSession.Access;
import dev.stasis.guest.FileSession.Mode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.spi.FileSystemProvider;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `java.nio.file.Files` on sandboxes. It is not found by its scheme: a sandbox gives its paths.
final class SandboxFileSystemProvider extends FileSystemProvider {
    static final SandboxFileSystemProvider INSTANCE = new SandboxFileSystemProvider();

    private SandboxFileSystemProvider() {}

    private static LocalFiles files(SandboxPath path) {
        return path.getFileSystem().files();
    }

    SandboxAttributes stat(SandboxPath path, LinkOption... options) throws IOException {
        boolean follow = !Arrays.asList(options).contains(LinkOption.NOFOLLOW_LINKS);
        String at = path.absolute();
        return new SandboxAttributes(
                NioFailures.io(at, () -> follow ? files(path).stat(at) : files(path).lstat(at)));
    }

    @Override
    public String getScheme() {
        return "stasis";
    }

    @Override
    public FileSystem newFileSystem(URI uri, Map<String, ?> env) {
        throw new UnsupportedOperationException("paths in sandboxes come from Sandbox.path");
    }

    @Override
    public FileSystem getFileSystem(URI uri) {
        throw new UnsupportedOperationException("paths in sandboxes come from Sandbox.path");
    }

    @Override
    public Path getPath(URI uri) {
        throw new UnsupportedOperationException("paths in sandboxes come from Sandbox.path");
    }

    // ---- files

    @Override
    public SeekableByteChannel newByteChannel(
            Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        SandboxPath at = SandboxPath.of(path);
        boolean append = options.contains(StandardOpenOption.APPEND);
        Set<Access> how =
                NioOptions.access(options, append || options.contains(StandardOpenOption.WRITE));
        var ending =
                new SandboxChannel.Ending(
                        append, options.contains(StandardOpenOption.DELETE_ON_CLOSE));
        int permissions = NioOptions.permissions(0644, attributes);
        String text = at.absolute();
        return NioFailures.io(
                text,
                () ->
                        files(at)
                                .opened(lease ->
                                        new SandboxChannel(lease, text, how, permissions, ending)));
    }

    @Override
    public InputStream newInputStream(Path path, OpenOption... options) throws IOException {
        SandboxPath at = SandboxPath.of(path);
        return options.length > 0
                ? super.newInputStream(path, options)
                : NioFailures.io(at.absolute(), () -> files(at).openRead(at.absolute()));
    }

    @Override
    public OutputStream newOutputStream(Path path, OpenOption... options) throws IOException {
        SandboxPath at = SandboxPath.of(path);
        var given = Set.of(options);
        Set<OpenOption> meant =
                given.isEmpty()
                        ? Set.of(StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)
                        : given;
        if (meant.contains(StandardOpenOption.READ)
                || meant.contains(StandardOpenOption.DELETE_ON_CLOSE)) {
            return super.newOutputStream(path, options);
        }
        boolean append = meant.contains(StandardOpenOption.APPEND);
        String text = at.absolute();
        return NioFailures.io(
                text,
                () ->
                        files(at)
                                .opened(lease ->
                                        new GuestOutput(
                                                lease,
                                                text,
                                                NioOptions.access(meant, true),
                                                0644,
                                                append)));
    }

    // ---- folders, links, names

    @Override
    public DirectoryStream<Path> newDirectoryStream(
            Path folder, DirectoryStream.Filter<? super Path> filter) throws IOException {
        SandboxPath at = SandboxPath.of(folder);
        return NioFailures.io(
                at.absolute(),
                () -> files(at).opened(lease -> new SandboxFolderStream(lease, at, filter)));
    }

    @Override
    public void createDirectory(Path folder, FileAttribute<?>... attributes) throws IOException {
        SandboxPath at = SandboxPath.of(folder);
        int permissions = NioOptions.permissions(0755, attributes);
        var _ =
                NioFailures.io(
                        at.absolute(),
                        () ->
                                files(at)
                                        .with(f ->
                                                f.makeFolder(
                                                                at.absolute(),
                                                                permissions,
                                                                Mode.STRICT)
                                                        .await()));
    }

    @Override
    public void createSymbolicLink(Path link, Path target, FileAttribute<?>... attributes)
            throws IOException {
        SandboxPath at = SandboxPath.of(link);
        NioFailures.run(at, () -> files(at).symlink(at.absolute(), target.toString()));
    }

    @Override
    public void createLink(Path link, Path existing) throws IOException {
        SandboxPath at = SandboxPath.of(link);
        NioFailures.run(
                at, () -> files(at).link(at.absolute(), SandboxPath.of(existing).absolute()));
    }

    @Override
    public Path readSymbolicLink(Path link) throws IOException {
        SandboxPath at = SandboxPath.of(link);
        if (!stat(at, LinkOption.NOFOLLOW_LINKS).isSymbolicLink()) {
            throw new java.nio.file.NotLinkException(link.toString());
        }
        return new SandboxPath(
                at.getFileSystem(),
                NioFailures.io(at.absolute(), () -> files(at).readLink(at.absolute())));
    }

    @Override
    public void delete(Path path) throws IOException {
        SandboxPath at = SandboxPath.of(path);
        NioFailures.run(at, () -> files(at).remove(at.absolute()));
    }

    /// Of a folder, as `Files` means it, without what it holds.
    @Override
    public void copy(Path source, Path target, CopyOption... options) throws IOException {
        SandboxPath from = SandboxPath.of(source);
        SandboxPath to = SandboxPath.of(target);
        var wanted = List.of(options);
        boolean same = from.getFileSystem() == to.getFileSystem();
        if (same && isThere(to) && isSameFile(from, to)) {
            return;
        }
        boolean follow = !wanted.contains(LinkOption.NOFOLLOW_LINKS);
        SandboxAttributes is = follow ? stat(from) : stat(from, LinkOption.NOFOLLOW_LINKS);
        clear(to, wanted.contains(StandardCopyOption.REPLACE_EXISTING));
        if (is.isDirectory()) {
            createDirectory(to);
        } else if (is.isSymbolicLink()) {
            NioFailures.run(
                    to,
                    () -> files(to).symlink(to.absolute(), files(from).readLink(from.absolute())));
        } else {
            NioFailures.run(
                    from, () -> files(from).copyTo(from.absolute(), files(to), to.absolute()));
        }
    }

    private boolean isThere(SandboxPath path) throws IOException {
        return NioFailures.io(path.absolute(), () -> files(path).exists(path.absolute()));
    }

    private void clear(SandboxPath to, boolean replace) throws IOException {
        if (!isThere(to)) {
            return;
        }
        if (!replace) {
            throw new FileAlreadyExistsException(to.absolute());
        }
        delete(to);
    }

    /// To another sandbox only what is no folder.
    @Override
    public void move(Path source, Path target, CopyOption... options) throws IOException {
        SandboxPath from = SandboxPath.of(source);
        SandboxPath to = SandboxPath.of(target);
        var wanted = List.of(options);
        if (from.getFileSystem() != to.getFileSystem()) {
            if (stat(from, LinkOption.NOFOLLOW_LINKS).isDirectory()) {
                throw new FileSystemException(
                        source.toString(), target.toString(), "a folder of another sandbox");
            }
            copy(from, to, options);
            delete(from);
            return;
        }
        boolean replace =
                wanted.contains(StandardCopyOption.REPLACE_EXISTING)
                        || wanted.contains(StandardCopyOption.ATOMIC_MOVE);
        var _ =
                NioFailures.io(
                        to.absolute(),
                        () ->
                                files(from)
                                        .with(f ->
                                                f.rename(
                                                                from.absolute(),
                                                                to.absolute(),
                                                                replace
                                                                        ? Mode.LENIENT
                                                                        : Mode.STRICT)
                                                        .await()));
    }

    @Override
    public boolean isSameFile(Path one, Path other) throws IOException {
        if (one.equals(other)) {
            return true;
        }
        return other instanceof SandboxPath that
                && that.getFileSystem() == one.getFileSystem()
                && stat(SandboxPath.of(one)).fileKey().equals(stat(that).fileKey());
    }

    @Override
    public boolean isHidden(Path path) {
        Path name = path.getFileName();
        return name != null && name.toString().startsWith(".");
    }

    @Override
    public FileStore getFileStore(Path path) throws IOException {
        SandboxPath at = SandboxPath.of(path);
        var _ = stat(at);
        return new SandboxFileStore(at);
    }

    // ---- attributes

    @Override
    public void checkAccess(Path path, AccessMode... modes) throws IOException {
        SandboxPath at = SandboxPath.of(path);
        int how = 0;
        for (AccessMode mode : modes) {
            how |=
                    switch (mode) {
                        case READ -> 4;
                        case WRITE -> 2;
                        case EXECUTE -> 1;
                    };
        }
        int wanted = how;
        NioFailures.run(at, () -> files(at).access(at.absolute(), wanted));
    }

    @Override
    public <V extends FileAttributeView> @Nullable V getFileAttributeView(
            Path path, Class<V> type, LinkOption... options) {
        if (!SandboxAttributes.isKnown(type)) {
            return null;
        }
        String name =
                type.getSimpleName().startsWith("Posix")
                        ? "posix"
                        : type.getSimpleName().startsWith("Basic") ? "basic" : "owner";
        return type.cast(new SandboxAttributeView(SandboxPath.of(path), name, options));
    }

    @Override
    public <A extends BasicFileAttributes> A readAttributes(
            Path path, Class<A> type, LinkOption... options) throws IOException {
        if (type != BasicFileAttributes.class && type != PosixFileAttributes.class) {
            throw new UnsupportedOperationException(type.getName());
        }
        return type.cast(stat(SandboxPath.of(path), options));
    }

    @Override
    public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
            throws IOException {
        String view = viewOf(attributes);
        Map<String, Object> all = stat(SandboxPath.of(path), options).of(view);
        List<String> wanted =
                List.of(attributes.substring(attributes.indexOf(':') + 1).split(",", -1));
        if (wanted.contains("*")) {
            return all;
        }
        var some = new LinkedHashMap<String, Object>();
        for (String name : wanted) {
            Object value = all.get(name);
            if (value == null) {
                throw new IllegalArgumentException("view " + view + " has no '" + name + "'");
            }
            some.put(name, value);
        }
        return some;
    }

    private static String viewOf(String attribute) {
        int colon = attribute.indexOf(':');
        String view = colon < 0 ? "basic" : attribute.substring(0, colon);
        if (!SandboxAttributes.VIEWS.contains(view)) {
            throw new UnsupportedOperationException("view '" + view + "'");
        }
        return view;
    }

    @Override
    public void setAttribute(Path path, String attribute, Object value, LinkOption... options)
            throws IOException {
        String view = viewOf(attribute);
        new SandboxAttributeView(SandboxPath.of(path), view, options)
                .set(attribute.substring(attribute.indexOf(':') + 1), value);
    }
}
