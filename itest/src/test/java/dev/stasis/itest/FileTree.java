package dev.stasis.itest;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/// A tree of many kinds of files on this computer, and what can be told of one.
final class FileTree {
    private static final String[] MODES = {"rw-r--r--", "rwxr-x--x", "r--------", "rw-rw-rw-"};
    private final Path root;
    private final Random random = new Random(20_000);

    FileTree(Path root) {
        this.root = root;
    }

    /// Makes it.
    ///
    /// @param each how many files a folder gets
    Path make(int folders, int each) throws IOException {
        for (int f = 0; f < folders; f++) {
            Path folder =
                    f % 10 == 9
                            ? root.resolve("f" + (f - 1) + "/deep/f" + f)
                            : root.resolve("f" + f);
            Files.createDirectories(folder);
            for (int n = 0; n < each; n++) {
                file(folder.resolve("n" + n), n);
            }
            Files.createSymbolicLink(folder.resolve("to file"), Path.of("n0"));
            Files.createSymbolicLink(folder.resolve("to nowhere"), Path.of("/no/such\nplace"));
            Files.createLink(folder.resolve("hard"), folder.resolve("n1"));
        }
        try (var sparse = new RandomAccessFile(root.resolve("sparse").toFile(), "rw")) {
            sparse.seek(5 << 20);
            sparse.write(new byte[] {1, 2, 3});
            sparse.setLength(20 << 20);
        }
        Files.write(root.resolve("large"), bytes(3_000_001));
        try (var all = Files.walk(root)) {
            for (Path folder :
                    all.filter(p -> Files.isDirectory(p, LinkOption.NOFOLLOW_LINKS))
                            .toList()
                            .reversed()) {
                Files.setLastModifiedTime(folder, time());
            }
        }
        return root;
    }

    private void file(Path file, int number) throws IOException {
        Files.write(file, bytes(number == 7 ? 70_000 : random.nextInt(900)));
        Files.setPosixFilePermissions(
                file, PosixFilePermissions.fromString(MODES[number % MODES.length]));
        Files.setLastModifiedTime(file, time());
    }

    private byte[] bytes(int count) {
        var bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private FileTime time() {
        return FileTime.from(
                Instant.ofEpochSecond(
                        1_000_000_000 + random.nextInt(700_000_000),
                        random.nextInt(1_000_000_000)));
    }

    /// For each path below a root what is there: type, permissions, time, number of names, and what
    /// it holds.
    static SortedMap<String, String> facts(Path root) throws IOException {
        var facts = new TreeMap<String, String>();
        try (var all = Files.walk(root)) {
            for (Path path : all.toList()) {
                facts.put(root.relativize(path).toString(), fact(path));
            }
        }
        return facts;
    }

    private static String fact(Path path) throws IOException {
        var is =
                Files.readAttributes(
                        path, "unix:mode,nlink,lastModifiedTime,size", LinkOption.NOFOLLOW_LINKS);
        String common =
                Integer.toOctalString((Integer) is.get("mode")) + " " + is.get("lastModifiedTime");
        if (Files.isSymbolicLink(path)) {
            return common + " -> " + Files.readSymbolicLink(path);
        }
        if (Files.isDirectory(path)) {
            return common;
        }
        return common + " " + is.get("nlink") + " " + is.get("size") + " " + digest(path);
    }

    private static String digest(Path file) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(Arrays.toString(e.getStackTrace()), e);
        }
    }
}
