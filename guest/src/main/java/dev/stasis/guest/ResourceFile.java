package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.regex.Pattern;

/// One of the guest's files, as `resources.properties` lists it.
///
/// @param name its name
/// @param bytes its size
/// @param sha256 its digest, hexadecimal
record ResourceFile(String name, long bytes, String sha256) {
    private static final List<String> NAMES =
            List.of(
                    "vmlinux",
                    "initrd",
                    "busybox.sqfs",
                    "blank.qcow2",
                    "launcher",
                    "tracker.so",
                    "payload.rom");
    private static final String PROGRAM = "launcher";
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    static List<ResourceFile> listed(Properties properties) {
        return NAMES.stream()
                .map(name ->
                        new ResourceFile(
                                name, size(properties, name), hash(properties, "sha256." + name)))
                .toList();
    }

    /// The digest of all files together.
    static String digest(Properties properties) {
        return hash(properties, "digest");
    }

    /// Whether the file is there, with its size. Files appear whole and are not written to
    /// afterwards; so this is enough to find one that was cut by a full disk or by hand.
    boolean isIn(Path folder) throws IOException {
        Path file = folder.resolve(name);
        return Files.isRegularFile(file) && Files.size(file) == bytes;
    }

    /// Writes the file aside, checks it, makes it durable and gives it its name.
    void extract(ResourceSource source, Path folder) throws IOException {
        Path aside = folder.resolve(name + ".aside");
        String mode = name.equals(PROGRAM) ? "r-x------" : "r--------";
        Files.deleteIfExists(aside);
        Files.createFile(aside);
        String found;
        try (InputStream in = source.open(name)) {
            found = copy(in, aside);
        }
        if (!found.equals(sha256)) {
            Files.delete(aside);
            throw damaged(name + " has the digest " + found + " instead of " + sha256);
        }
        Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString(mode));
        Files.move(aside, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private static String copy(InputStream in, Path file) throws IOException {
        MessageDigest digest = newDigest();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            var buffer = new byte[1 << 16];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
                ByteBuffer rest = ByteBuffer.wrap(buffer, 0, count);
                while (rest.hasRemaining()) {
                    channel.write(rest);
                }
            }
            channel.force(true);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new StasisException(ErrorCode.INTERNAL, "This Java has no SHA-256", e);
        }
    }

    private static long size(Properties properties, String name) {
        String text = properties.getProperty("size." + name, "");
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw damaged("size." + name + " is '" + text + "'");
        }
    }

    private static String hash(Properties properties, String key) {
        String text = properties.getProperty(key, "");
        if (!DIGEST.matcher(text).matches()) {
            throw damaged(key + " is '" + text + "'");
        }
        return text;
    }

    private static StasisException damaged(String what) {
        return new StasisException(
                ErrorCode.STORE_DAMAGED,
                "The guest's files in stasis-guest-resources are damaged: "
                        + what
                        + "; build or download it again");
    }
}
