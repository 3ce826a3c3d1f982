package dev.stasis.local.files;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A path in a sandbox. Immutable.
final class SandboxPath implements Path {
    private final SandboxFileSystem fileSystem;
    private final String text;
    private final List<String> names;

    SandboxPath(SandboxFileSystem fileSystem, String given) {
        if (given.indexOf('\0') >= 0) {
            throw new InvalidPathException(given.replace('\0', '?'), "NUL in a path");
        }
        this.fileSystem = fileSystem;
        this.names = Arrays.stream(given.split("/")).filter(n -> !n.isEmpty()).toList();
        this.text = (given.startsWith("/") ? "/" : "") + String.join("/", names);
    }

    private SandboxPath of(boolean absolute, List<String> parts) {
        return new SandboxPath(fileSystem, (absolute ? "/" : "") + String.join("/", parts));
    }

    static SandboxPath of(Path path) {
        if (path instanceof SandboxPath known) {
            return known;
        }
        throw new ProviderMismatchException("no path in a sandbox: " + path);
    }

    /// The path as the guest takes it.
    String absolute() {
        return isAbsolute() ? text : "/" + text;
    }

    @Override
    public SandboxFileSystem getFileSystem() {
        return fileSystem;
    }

    @Override
    public boolean isAbsolute() {
        return text.startsWith("/");
    }

    @Override
    public @Nullable Path getRoot() {
        return isAbsolute() ? new SandboxPath(fileSystem, "/") : null;
    }

    /// The empty path has one name, which is empty.
    private List<String> parts() {
        return text.isEmpty() ? List.of("") : names;
    }

    @Override
    public @Nullable Path getFileName() {
        return parts().isEmpty() ? null : of(false, List.of(parts().getLast()));
    }

    @Override
    public @Nullable Path getParent() {
        if (names.size() <= (isAbsolute() ? 0 : 1)) {
            return null;
        }
        return of(isAbsolute(), names.subList(0, names.size() - 1));
    }

    @Override
    public int getNameCount() {
        return parts().size();
    }

    @Override
    public Path getName(int index) {
        return subpath(index, index + 1);
    }

    @Override
    public Path subpath(int begin, int end) {
        if (begin < 0 || end > getNameCount() || begin >= end) {
            throw new IllegalArgumentException("names " + begin + " to " + end + " of " + text);
        }
        return of(false, parts().subList(begin, end));
    }

    @Override
    public boolean startsWith(Path other) {
        return other instanceof SandboxPath that
                && that.fileSystem == fileSystem
                && that.isAbsolute() == isAbsolute()
                && that.parts().size() <= parts().size()
                && parts().subList(0, that.parts().size()).equals(that.parts());
    }

    @Override
    public boolean endsWith(Path other) {
        if (!(other instanceof SandboxPath that) || that.fileSystem != fileSystem) {
            return false;
        }
        if (that.isAbsolute()) {
            return equals(that);
        }
        int from = parts().size() - that.parts().size();
        return from >= 0 && parts().subList(from, parts().size()).equals(that.parts());
    }

    @Override
    public Path normalize() {
        var kept = new ArrayList<String>();
        for (String name : names) {
            boolean up = name.equals("..");
            if (up && !kept.isEmpty() && !kept.getLast().equals("..")) {
                kept.removeLast();
            } else if (!name.equals(".") && !(up && isAbsolute())) {
                kept.add(name);
            }
        }
        return of(isAbsolute(), kept);
    }

    @Override
    public Path resolve(Path other) {
        SandboxPath that = of(other);
        if (that.isAbsolute()) {
            return that;
        }
        return that.text.isEmpty()
                ? this
                : new SandboxPath(fileSystem, text.isEmpty() ? that.text : text + "/" + that.text);
    }

    @Override
    public Path relativize(Path other) {
        SandboxPath that = of(other);
        if (that.isAbsolute() != isAbsolute()) {
            throw new IllegalArgumentException("one of " + this + " and " + that + " is absolute");
        }
        int common = 0;
        while (common < Math.min(names.size(), that.names.size())
                && names.get(common).equals(that.names.get(common))) {
            common++;
        }
        var parts = new ArrayList<String>();
        for (int i = common; i < names.size(); i++) {
            if (names.get(i).equals("..")) {
                throw new IllegalArgumentException("what is above " + this + " is not known");
            }
            parts.add("..");
        }
        parts.addAll(that.names.subList(common, that.names.size()));
        return of(false, parts);
    }

    @Override
    public URI toUri() {
        try {
            return new URI("stasis", fileSystem.name(), absolute(), null);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Path toAbsolutePath() {
        return isAbsolute() ? this : new SandboxPath(fileSystem, absolute());
    }

    @Override
    public Path toRealPath(LinkOption... options) throws IOException {
        if (Arrays.asList(options).contains(LinkOption.NOFOLLOW_LINKS)) {
            Path normal = toAbsolutePath().normalize();
            var _ = SandboxFileSystemProvider.INSTANCE.stat(of(normal), options);
            return normal;
        }
        String real = NioFailures.io(absolute(), () -> fileSystem.files().realPath(absolute()));
        return new SandboxPath(fileSystem, real);
    }

    @Override
    public WatchKey register(
            WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers) {
        throw new UnsupportedOperationException("the files of a sandbox can't be watched");
    }

    @Override
    public int compareTo(Path other) {
        return text.compareTo(of(other).text);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SandboxPath that
                && that.fileSystem == fileSystem
                && that.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
