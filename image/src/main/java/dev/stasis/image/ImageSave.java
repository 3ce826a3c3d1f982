package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import tools.jackson.jr.ob.JSON;

/// Writes an image as an archive that is an OCI layout and a `docker save` in one. Its layers are
/// not kept, so it has a single one, made of its root file system.
final class ImageSave {
    private static final int BUFFER_BYTES = 1 << 18;

    private final Path folder;
    private final Deadline deadline;

    /// @param folder the folder of images, where there is space
    ImageSave(Path folder, Deadline deadline) {
        this.folder = folder;
        this.deadline = deadline;
    }

    void save(ImageRecord image, List<String> names, OutputStream out) throws IOException {
        try (var spool = Spool.create(folder)) {
            var layer = layer(image, spool.file());
            var blobs = new LinkedHashMap<String, byte[]>();
            byte[] config = JSON.std.asBytes(config(image, layer));
            var manifest =
                    Map.of(
                            "schemaVersion",
                            2,
                            "mediaType",
                            "application/vnd.oci.image.manifest.v1+json",
                            "config",
                            descriptor("application/vnd.oci.image.config.v1+json", config),
                            "layers",
                            List.of(
                                    Map.of(
                                            "mediaType",
                                            "application/vnd.oci.image.layer.v1.tar+gzip",
                                            "digest",
                                            Digests.PREFIX + layer.packed,
                                            "size",
                                            Files.size(spool.file()))));
            byte[] document = JSON.std.asBytes(manifest);
            blobs.put(blob(Digests.of(config)), config);
            blobs.put(blob(Digests.of(document)), document);
            blobs.put("oci-layout", text("{\"imageLayoutVersion\":\"1.0.0\"}"));
            blobs.put("index.json", JSON.std.asBytes(index(document, names)));
            blobs.put(
                    "manifest.json",
                    JSON.std.asBytes(
                            List.of(
                                    Map.of(
                                            "Config",
                                            blob(Digests.of(config)),
                                            "RepoTags",
                                            names.stream().filter(n -> !n.contains("@")).toList(),
                                            "Layers",
                                            List.of(blob(layer.packed))))));
            write(blobs, blob(layer.packed), spool.file(), out);
        }
    }

    private record Layer(String packed, String unpacked) {}

    private Layer layer(ImageRecord image, Path file) throws IOException {
        var process = start(image);
        var said = new LastWords(process.getErrorStream());
        Thread.ofVirtual().start(() -> killWhenLate(process));
        var unpacked = Digests.sha256();
        try (var tar = process.getInputStream();
                var packed =
                        new DigestOutputStream(Files.newOutputStream(file), Digests.sha256())) {
            try (var gzip = new Fast(packed);
                    var digested = new DigestOutputStream(gzip, unpacked)) {
                tar.transferTo(digested);
            }
            process.onExit().join();
            if (process.exitValue() != 0) {
                throw new StasisException(
                        deadline.isPast() ? ErrorCode.DEADLINE_EXCEEDED : ErrorCode.IO_FAILED,
                        "sqfs2tar could not read the root file system %s within %s and said: %s"
                                .formatted(image.root(), deadline.given(), said.text()));
            }
            return new Layer(Digests.hex(packed.getMessageDigest()), Digests.hex(unpacked));
        } finally {
            process.destroyForcibly();
        }
    }

    private static final class Fast extends GZIPOutputStream {
        Fast(OutputStream out) throws IOException {
            super(out, BUFFER_BYTES);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }

    private static Process start(ImageRecord image) {
        try {
            return new ProcessBuilder("sqfs2tar", "--root-becomes", ".", image.root().toString())
                    .start();
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.PROGRAM_MISSING,
                    "The program 'sqfs2tar', which reads root file systems, can't be started: install it with 'apt-get install squashfs-tools-ng'",
                    e);
        }
    }

    private void killWhenLate(Process process) {
        try {
            if (!process.waitFor(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            // Nobody does that.
        }
    }

    private static Map<String, Object> config(ImageRecord image, Layer layer) {
        var config = image.config();
        var run = new LinkedHashMap<String, Object>();
        run.put("Entrypoint", config.entrypoint());
        run.put("Cmd", config.cmd());
        var env = new ArrayList<String>();
        config.env().forEach((name, value) -> env.add(name + "=" + value));
        run.put("Env", env);
        run.put("User", config.user());
        run.put("WorkingDir", config.workingDir());
        run.put("StopSignal", config.stopSignal());
        var ports = new LinkedHashMap<String, Object>();
        config.exposedPorts().forEach(port -> ports.put(port, Map.of()));
        run.put("ExposedPorts", ports);
        run.put("Labels", config.labels());
        run.values().removeIf(value -> value.equals(""));
        var fields = new LinkedHashMap<String, Object>();
        fields.put("created", image.created().toString());
        fields.put("architecture", Manifest.architecture());
        fields.put("os", "linux");
        fields.put("config", run);
        fields.put(
                "rootfs",
                Map.of("type", "layers", "diff_ids", List.of(Digests.PREFIX + layer.unpacked)));
        return fields;
    }

    private static Map<String, Object> index(byte[] manifest, List<String> names) {
        var entries = new ArrayList<Object>();
        for (String name : names.isEmpty() ? List.of("") : names) {
            var entry =
                    new LinkedHashMap<String, Object>(
                            descriptor("application/vnd.oci.image.manifest.v1+json", manifest));
            if (!name.isEmpty()) {
                entry.put(
                        "annotations",
                        Map.of(
                                "org.opencontainers.image.ref.name",
                                name,
                                "io.containerd.image.name",
                                name));
            }
            entries.add(entry);
        }
        return Map.of("schemaVersion", 2, "manifests", entries);
    }

    private static Map<String, Object> descriptor(String mediaType, byte[] content) {
        return Map.of(
                "mediaType",
                mediaType,
                "digest",
                Digests.PREFIX + Digests.of(content),
                "size",
                content.length);
    }

    private static String blob(String digest) {
        return "blobs/sha256/" + digest;
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void write(Map<String, byte[]> blobs, String layer, Path file, OutputStream out)
            throws IOException {
        var tar = new TarWriter(out);
        for (String inner : List.of("blobs", "blobs/sha256")) {
            tar.write(
                    new TarEntry(inner, TarEntry.Kind.FOLDER, owned(0755), 0, ""),
                    InputStream.nullInputStream());
        }
        for (var blob : blobs.entrySet()) {
            tar.write(
                    entry(blob.getKey(), blob.getValue().length),
                    new java.io.ByteArrayInputStream(blob.getValue()));
        }
        try (InputStream in = Files.newInputStream(file)) {
            tar.write(entry(layer, Files.size(file)), in);
        }
        tar.finish();
        out.flush();
    }

    private TarEntry entry(String path, long bytes) throws IOException {
        return new TarEntry(path, TarEntry.Kind.FILE, owned(0644), bytes, "");
    }

    /// Of whoever saves: some programs give what they unpack to its owner, and fail where they may
    /// not.
    private TarEntry.Attributes owned(int mode) throws IOException {
        int uid = (int) Files.getAttribute(folder, "unix:uid");
        int gid = (int) Files.getAttribute(folder, "unix:gid");
        return new TarEntry.Attributes(mode, uid, gid, 0, Map.of());
    }
}
