package dev.stasis.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.PullPolicy;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A Debian with Python in several layers, pulled from a registry, is entry by entry what umoci
/// unpacks.
class UmociTest {
    private static final Pattern PYTHON = Pattern.compile("(\\./)?(usr/(bin|lib|share)/python3.*)");

    /// Larger files below Python only take time.
    private static final int LARGE_BYTES = 200_000;

    private static final String CAPABILITY = "security.capability";

    @TempDir Path temp;

    @Test
    void theMergedTreeIsWhatUmociUnpacksEntryByEntry() throws Exception {
        Path layout = image();
        DockerRegistry.run(temp, unpack());
        try (var registry = DockerRegistry.plain(Files.createDirectory(temp.resolve("registry")))) {
            registry.push("oci:" + layout + ":python", "debian/python:3");
            var images = ImageStore.open(Files.createDirectory(temp.resolve("images")));
            var image =
                    images.pull(
                            registry.name("debian/python:3"),
                            new ImageStore.Pull(
                                    PullPolicy.ALWAYS,
                                    registry.access(temp.resolve("none")),
                                    Duration.ofMinutes(5),
                                    _ -> {}));
            var ours = ofSquashfs(image.root());
            assertThat(ours).hasSizeGreaterThan(5000);
            assertThat(ours.get("usr/share/doc")).isNull();
            assertThat(ours.get("srv/app/tool")).contains("capability=0100000");
            assertThat(ours.get("srv/app/setuid")).contains("note=");
            ours.replaceAll((_, entry) -> entry.replaceAll(" capability=\\S+", ""));
            var theirs = ofFolder(temp.resolve("bundle/rootfs"));
            assertThat(differences(ours, theirs)).isEmpty();
            assertThat(linked(image.root())).isEqualTo(linkedBelow(temp.resolve("bundle/rootfs")));
        } finally {
            ImageFolders.deleteTree(temp.resolve("bundle"));
        }
    }

    private static List<String> differences(Map<String, String> ours, Map<String, String> theirs)
            throws IOException {
        boolean root = isRoot(); // Others get files instead of devices.
        var paths = new TreeSet<>(ours.keySet());
        paths.addAll(theirs.keySet());
        return paths.stream()
                .filter(path -> root || !path.startsWith("dev/"))
                .filter(path -> !Objects.equals(ours.get(path), theirs.get(path)))
                .map(path -> path + ": " + ours.get(path) + " / " + theirs.get(path))
                .toList();
    }

    /// As another user than root umoci can't give files to others.
    private static boolean isRoot() throws IOException {
        return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    }

    private static String[] unpack() throws IOException {
        return isRoot()
                ? new String[] {"umoci", "unpack", "--image", "oci:python", "bundle"}
                : new String[] {"umoci", "unpack", "--rootless", "--image", "oci:python", "bundle"};
    }

    private Path image() throws Exception {
        split(debian(), temp.resolve("0.tar"), temp.resolve("1.tar"));
        app().write(temp.resolve("2.tar"));
        changes().write(temp.resolve("3.tar"));
        DockerRegistry.run(temp, "umoci", "init", "--layout", "oci");
        DockerRegistry.run(temp, "umoci", "new", "--image", "oci:python");
        for (int i = 0; i < 4; i++) {
            DockerRegistry.run(
                    temp, "umoci", "raw", "add-layer", "--image", "oci:python", i + ".tar");
        }
        return temp.resolve("oci");
    }

    private static Path debian() throws Exception {
        var script = Path.of("..", "build", "test-images.sh").toAbsolutePath();
        var process =
                new ProcessBuilder(script.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        String printed =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(script + ", see above").isZero();
        return Path.of(printed.strip());
    }

    /// A layer of Debian, and one of Python above it.
    private static void split(Path all, Path debian, Path python) throws IOException {
        try (var in =
                        new TarArchiveInputStream(
                                new BufferedInputStream(Files.newInputStream(all)));
                var below = layer(debian);
                var above = layer(python)) {
            var left = new HashSet<String>();
            for (var entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                boolean isPython = PYTHON.matcher(entry.getName()).matches();
                var out = isPython ? above : below;
                boolean large = !isPython && entry.getSize() > LARGE_BYTES;
                if (large || (entry.isLink() && left.contains(entry.getLinkName()))) {
                    left.add(entry.getName());
                    continue;
                }
                out.putArchiveEntry(entry);
                if (entry.getSize() > 0) {
                    in.transferTo(out);
                }
                out.closeArchiveEntry();
            }
        }
    }

    private static TarArchiveOutputStream layer(Path file) throws IOException {
        var out =
                new TarArchiveOutputStream(
                        new BufferedOutputStream(Files.newOutputStream(file)), "UTF-8");
        out.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        out.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        return out;
    }

    private static TestTar app() {
        byte[] capability = {1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        return TestTar.begin()
                .entry('5', "srv/app/", "", 0, 0750, 1000, 1001)
                .extended("SCHILY.xattr." + CAPABILITY, capability)
                .entry('0', "srv/app/tool", "", 3, 0755, 1000, 1001)
                .content(new byte[] {'a', 'b', 'c'})
                .extended("SCHILY.xattr." + CAPABILITY, capability)
                .hardLink("srv/app/same", "srv/app/tool")
                .extended("SCHILY.xattr.user.note", "for \u00e4ll")
                .entry('0', "srv/app/setuid", "", 0, 04755, 0, 0)
                .entry('6', "srv/app/pipe", "", 0, 0622, 33, 33)
                .symbolicLink("srv/app/python", "../../usr/bin/python3")
                .hardLink("usr/local/bin/issue", "etc/issue")
                .entry('5', "srv/data/", "", 0, 02775, 7, 8)
                .extended("path", "srv/data/\u00fcml\u00e4ut")
                .file("x", "not English")
                .extended("path", "srv/data/" + "long-".repeat(40))
                .file("x", "long")
                .entry('5', "srv/folder/", "", 0, 0755, 1, 2)
                .file("srv/folder/in", "")
                .file("srv/file", "was a file");
    }

    private static TestTar changes() {
        return TestTar.begin()
                .file("usr/share/.wh.doc", "")
                .entry('5', "var/lib/dpkg/info/", "", 0, 0755, 0, 0)
                .file("var/lib/dpkg/info/.wh..wh..opq", "")
                .file("var/lib/dpkg/info/new", "after")
                .file("etc/.wh.issue", "")
                .entry('5', "srv/app/", "", 0, 0711, 2000, 2001)
                .symbolicLink("srv/folder", "data")
                .entry('5', "srv/file/", "", 0, 01777, 3, 4)
                .file("srv/file/in", "");
    }

    /// One line an entry, by path, from the program that reads squashfs.
    private static SortedMap<String, String> ofSquashfs(Path root) throws Exception {
        var process =
                new ProcessBuilder("sqfs2tar", root.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        var entries = new TreeMap<String, String>();
        boolean owners = isRoot();
        try (var tar =
                new TarArchiveInputStream(
                        new BufferedInputStream(process.getInputStream()), "UTF-8")) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                String path = entry.getName().replaceAll("/$", "");
                String known = entry.isLink() ? entries.get(entry.getLinkName()) : null;
                entries.put(path, known != null ? known : line(entry, tar, owners));
            }
        }
        assertThat(process.waitFor()).isZero();
        return entries;
    }

    /// The sets of names that are hard links of each other.
    private static Set<Set<String>> linked(Path root) throws Exception {
        var process =
                new ProcessBuilder("sqfs2tar", root.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        var sets = new HashMap<String, Set<String>>();
        try (var tar =
                new TarArchiveInputStream(
                        new BufferedInputStream(process.getInputStream()), "UTF-8")) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.isLink()) {
                    String first = entry.getLinkName();
                    sets.computeIfAbsent(first, name -> new HashSet<>(Set.of(name)))
                            .add(entry.getName());
                }
            }
        }
        assertThat(process.waitFor()).isZero();
        return Set.copyOf(sets.values());
    }

    private static Set<Set<String>> linkedBelow(Path root) throws IOException {
        var sets = new HashMap<Object, Set<String>>();
        try (var files = Files.walk(root)) {
            for (Path file :
                    files.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS)).toList()) {
                var key = Files.getAttribute(file, "fileKey", LinkOption.NOFOLLOW_LINKS);
                sets.computeIfAbsent(key, _ -> new HashSet<>())
                        .add(root.relativize(file).toString());
            }
        }
        return sets.values().stream().filter(set -> set.size() > 1).collect(Collectors.toSet());
    }

    private static String line(TarArchiveEntry entry, InputStream content, boolean owners)
            throws IOException {
        String kind =
                entry.isDirectory()
                        ? "folder"
                        : entry.isSymbolicLink()
                                ? "link to " + entry.getLinkName()
                                : entry.isFIFO() ? "pipe" : "file " + digest(content);
        var xattrs = new TreeMap<String, String>();
        entry.getExtraPaxHeaders()
                .forEach((key, value) -> {
                    if (key.startsWith("SCHILY.xattr.user.")) {
                        xattrs.put(key.substring("SCHILY.xattr.user.".length()), value);
                    }
                });
        boolean capable = entry.getExtraPaxHeader("SCHILY.xattr." + CAPABILITY) != null;
        long modified = entry.getLastModifiedTime().toInstant().getEpochSecond();
        return line(
                        kind,
                        entry.isSymbolicLink() ? 0777 : entry.getMode() & 07777,
                        owners ? entry.getLongUserId() + ":" + entry.getLongGroupId() : "",
                        modified)
                + xattrs
                + (capable ? " capability=0100000" : "");
    }

    private static String line(String kind, int mode, String owner, long modified) {
        return "%s %o %s %d ".formatted(kind, mode, owner, modified);
    }

    /// The same of what umoci has unpacked.
    private static SortedMap<String, String> ofFolder(Path root) throws IOException {
        var entries = new TreeMap<String, String>();
        boolean owners = isRoot();
        Files.walkFileTree(
                root,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes a)
                            throws IOException {
                        if (!folder.equals(root)) {
                            visitFile(folder, a);
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes a)
                            throws IOException {
                        String path = root.relativize(file).toString();
                        if (!isDevice(file)) {
                            String line = line(file, a, owners);
                            entries.put(path, line);
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
        return entries;
    }

    private static boolean isDevice(Path file) throws IOException {
        int format = mode(file) & 0170000;
        return format == 0020000 || format == 0060000;
    }

    private static int mode(Path file) throws IOException {
        return (int) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    }

    private static String line(Path file, BasicFileAttributes a, boolean owners)
            throws IOException {
        boolean pipe = (mode(file) & 0170000) == 0010000;
        String kind =
                a.isDirectory()
                        ? "folder"
                        : a.isSymbolicLink()
                                ? "link to " + Files.readSymbolicLink(file)
                                : pipe ? "pipe" : "file " + digest(file);
        var xattrs = new TreeMap<String, String>();
        if (a.isRegularFile() || a.isDirectory()) {
            var view = Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
            for (String name : view.list()) {
                var value = ByteBuffer.allocate(view.size(name));
                view.read(name, value);
                xattrs.put(name, new String(value.array(), StandardCharsets.UTF_8));
            }
        }
        xattrs.remove("rootlesscontainers");
        FileTime modified = a.lastModifiedTime();
        String owner =
                owners
                        ? Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS)
                                + ":"
                                + Files.getAttribute(file, "unix:gid", LinkOption.NOFOLLOW_LINKS)
                        : "";
        return line(
                        kind,
                        a.isSymbolicLink() ? 0777 : mode(file) & 07777,
                        owner,
                        modified.toInstant().getEpochSecond())
                + xattrs;
    }

    private static String digest(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return digest(in);
        }
    }

    private static String digest(InputStream content) throws IOException {
        var digest = Digests.sha256();
        byte[] buffer = new byte[1 << 16];
        for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
            digest.update(buffer, 0, count);
        }
        return Digests.hex(digest);
    }
}
