package dev.stasis.local.files;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.nio.file.spi.FileSystemProvider;
import java.util.List;
import java.util.Set;

/// A sandbox's files for `java.nio.file.Files`. It lives as long as the sandbox's object and can't
/// be closed by itself. Thread-safe.
public final class SandboxFileSystem extends FileSystem {
    private final String name;
    private final LocalFiles files;

    /// @param name the sandbox's name
    /// @param files its files
    public SandboxFileSystem(String name, LocalFiles files) {
        this.name = name;
        this.files = files;
    }

    String name() {
        return name;
    }

    LocalFiles files() {
        return files;
    }

    @Override
    public FileSystemProvider provider() {
        return SandboxFileSystemProvider.INSTANCE;
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException("it ends with its sandbox");
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public String getSeparator() {
        return "/";
    }

    @Override
    public Iterable<Path> getRootDirectories() {
        return List.of(new SandboxPath(this, "/"));
    }

    @Override
    public Iterable<FileStore> getFileStores() {
        return List.of(new SandboxFileStore(new SandboxPath(this, "/")));
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
        return SandboxAttributes.VIEWS;
    }

    @Override
    public Path getPath(String first, String... more) {
        var path = new StringBuilder(first);
        for (String part : more) {
            if (!part.isEmpty()) {
                path.append(path.isEmpty() ? "" : "/").append(part);
            }
        }
        return new SandboxPath(this, path.toString());
    }

    /// Patterns of this computer's paths match the guest's: they are written the same way.
    @Override
    public PathMatcher getPathMatcher(String syntaxAndPattern) {
        var matcher = FileSystems.getDefault().getPathMatcher(syntaxAndPattern);
        return path -> {
            try {
                return matcher.matches(Path.of(path.toString()));
            } catch (InvalidPathException e) {
                return false;
            }
        };
    }

    @Override
    public WatchService newWatchService() {
        throw new UnsupportedOperationException("the files of a sandbox can't be watched");
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
        return new UserPrincipalLookupService() {
            @Override
            public UserPrincipal lookupPrincipalByName(String user) throws IOException {
                return new User(number("/etc/passwd", user));
            }

            @Override
            public GroupPrincipal lookupPrincipalByGroupName(String group) throws IOException {
                return new Group(number("/etc/group", group));
            }
        };
    }

    private int number(String file, String wanted) throws IOException {
        if (wanted.matches("[0-9]{1,9}")) {
            return Integer.parseInt(wanted);
        }
        String text = NioFailures.io("/etc/passwd", () -> files.readText(file));
        for (String line : text.lines().toList()) {
            String[] fields = line.split(":", -1);
            if (fields.length > 2 && fields[0].equals(wanted) && fields[2].matches("[0-9]{1,9}")) {
                return Integer.parseInt(fields[2]);
            }
        }
        throw new UserPrincipalNotFoundException(wanted);
    }

    @Override
    public String toString() {
        return "files of sandbox " + name;
    }

    /// A user of the guest; its name is its number.
    record User(int id) implements UserPrincipal {
        @Override
        public String getName() {
            return Integer.toUnsignedString(id);
        }
    }

    /// A group of the guest; its name is its number.
    record Group(int id) implements GroupPrincipal {
        @Override
        public String getName() {
            return Integer.toUnsignedString(id);
        }
    }
}
