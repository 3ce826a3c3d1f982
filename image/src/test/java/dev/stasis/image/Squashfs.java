package dev.stasis.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// Looks into squashfs files with a program that Stasis does not use otherwise.
final class Squashfs {
    private Squashfs() {}

    /// One line an entry: type, path, mode, owner, group and a link's target.
    static List<String> describe(Path image) throws Exception {
        return run("-d", image.toString()).lines().filter(line -> !line.isBlank()).toList();
    }

    static String content(Path image, String path) throws Exception {
        return run("-c", path, image.toString());
    }

    static String xattrs(Path image, String path) throws Exception {
        return run("-x", path, image.toString());
    }

    static String stat(Path image, String path) throws Exception {
        return run("-s", path, image.toString());
    }

    /// Unpacks all of it, with extended attributes, not with owners.
    static void unpack(Path image, Path target) throws Exception {
        run("-q", "-X", "-u", "/", "-p", target.toString(), image.toString());
    }

    private static String run(String... arguments) throws IOException, InterruptedException {
        var command = new java.util.ArrayList<String>(List.of("rdsquashfs"));
        command.addAll(List.of(arguments));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(command + " said " + said);
        }
        return said;
    }
}
