package dev.stasis.image;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/// Images made by hand, so that they can be as wrong as a test wants.
final class TestImage {
    static final String MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
    private static final String CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
    private static final String LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";

    /// A layer: as it is in a registry, and the digest of its tar.
    static final class Layer {
        private final byte[] packed;
        private final String unpacked;

        Layer(byte[] packed, String unpacked) {
            this.packed = packed;
            this.unpacked = unpacked;
        }

        byte[] packed() {
            return packed;
        }

        String type() {
            return switch (Compression.of(packed)) {
                case NONE -> LAYER_TYPE;
                case GZIP -> LAYER_TYPE + "+gzip";
                case ZSTD -> LAYER_TYPE + "+zstd";
            };
        }

        String digest() {
            return Digests.of(packed);
        }
    }

    final List<Layer> layers = new ArrayList<>();
    private String config = "{}";
    private String architecture = Manifest.architecture();

    static TestImage of(TestTar... layers) {
        var image = new TestImage();
        for (var layer : layers) {
            byte[] tar = layer.finish();
            image.layer(gzip(tar), Digests.of(tar));
        }
        return image;
    }

    /// With as many bytes of content, that can't be compressed, as a slow registry needs.
    static TestImage large(int layers, int bytes) {
        var image = new TestImage();
        for (int i = 0; i < layers; i++) {
            byte[] content = new byte[bytes];
            new java.util.Random(i).nextBytes(content);
            byte[] tar =
                    TestTar.begin().entry('0', "file-" + i, "", bytes).content(content).finish();
            image.layer(gzip(tar), Digests.of(tar));
        }
        return image;
    }

    TestImage layer(byte[] packed, String unpacked) {
        layers.add(new Layer(packed, unpacked));
        return this;
    }

    /// How it wants to be run, as JSON.
    TestImage config(String json) {
        config = json;
        return this;
    }

    TestImage architecture(String other) {
        architecture = other;
        return this;
    }

    byte[] configBlob() {
        return text(
                "{\"os\":\"linux\",\"architecture\":\"%s\",\"config\":%s,\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[%s]}}"
                        .formatted(
                                architecture,
                                config,
                                join(
                                        layers.stream()
                                                .map(l -> "\"sha256:" + l.unpacked + "\"")
                                                .toList())));
    }

    byte[] manifest() {
        return text(
                "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s,\"layers\":[%s]}"
                        .formatted(
                                MANIFEST_TYPE,
                                descriptor(CONFIG_TYPE, configBlob()),
                                join(
                                        layers.stream()
                                                .map(l -> descriptor(l.type(), l.packed))
                                                .toList())));
    }

    String digest() {
        return Digests.of(manifest());
    }

    /// Its configuration and layers, by digest.
    Map<String, byte[]> blobs() {
        var blobs = new LinkedHashMap<String, byte[]>();
        blobs.put(Digests.of(configBlob()), configBlob());
        layers.forEach(layer -> blobs.put(layer.digest(), layer.packed));
        return blobs;
    }

    static String descriptor(String type, byte[] content) {
        return "{\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":%d}"
                .formatted(type, Digests.of(content), content.length);
    }

    /// An index with this image for this computer, and another that is none.
    byte[] index() {
        String mine = descriptor(MANIFEST_TYPE, manifest());
        String other =
                "{\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":7,\"platform\":{\"os\":\"linux\",\"architecture\":\"s390x\"}}"
                        .formatted(MANIFEST_TYPE, "1".repeat(64));
        return text(
                "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[%s,%s,\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}}]}"
                        .formatted(
                                other,
                                mine.substring(0, mine.length() - 1),
                                Manifest.architecture()));
    }

    /// A tar file with an OCI layout.
    ///
    /// @param name what the image is called there
    Path layout(Path file, String name) throws IOException {
        return tar(file, layout(name));
    }

    /// A folder with an OCI layout.
    Path layoutFolder(Path folder, String name) throws IOException {
        for (var file : layout(name).entrySet()) {
            Path target = folder.resolve(file.getKey());
            Files.createDirectories(target.resolveSibling("."));
            Files.write(target, file.getValue());
        }
        return folder;
    }

    private Map<String, byte[]> layout(String name) {
        var files = new LinkedHashMap<String, byte[]>();
        files.put("oci-layout", text("{\"imageLayoutVersion\":\"1.0.0\"}"));
        String entry = descriptor(MANIFEST_TYPE, manifest());
        files.put(
                "index.json",
                text(
                        "{\"schemaVersion\":2,\"manifests\":[%s,\"annotations\":{\"org.opencontainers.image.ref.name\":\"%s\"}}]}"
                                .formatted(entry.substring(0, entry.length() - 1), name)));
        files.put("blobs/sha256/" + digest(), manifest());
        blobs().forEach((digest, blob) -> files.put("blobs/sha256/" + digest, blob));
        return files;
    }

    /// A tar file as older versions of `docker save` write it: layers are not compressed.
    Path dockerSave(Path file, String... tags) throws IOException {
        var files = new LinkedHashMap<String, byte[]>();
        var names = new ArrayList<String>();
        for (int i = 0; i < layers.size(); i++) {
            String name = layers.get(i).digest() + "/layer.tar";
            names.add("\"" + name + "\"");
            files.put(name, gunzip(layers.get(i).packed));
        }
        String config = Digests.of(configBlob()) + ".json";
        files.put(config, configBlob());
        files.put(
                "manifest.json",
                text(
                        "[{\"Config\":\"%s\",\"RepoTags\":[%s],\"Layers\":[%s]}]"
                                .formatted(
                                        config,
                                        join(
                                                List.of(tags).stream()
                                                        .map(t -> "\"" + t + "\"")
                                                        .toList()),
                                        join(names))));
        return tar(file, files);
    }

    static Path tar(Path file, Map<String, byte[]> files) throws IOException {
        try (var out = Files.newOutputStream(file)) {
            var tar = new TarWriter(out);
            for (var entry : files.entrySet()) {
                byte[] content = entry.getValue();
                var plain = new TarEntry.Attributes(0644, 0, 0, 0, Map.of());
                tar.write(
                        new TarEntry(entry.getKey(), TarEntry.Kind.FILE, plain, content.length, ""),
                        new ByteArrayInputStream(content));
            }
            tar.finish();
        }
        return file;
    }

    static byte[] gzip(byte[] content) {
        var out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    /// The same with layers compressed otherwise.
    TestImage zstd() throws IOException {
        var same = new TestImage();
        for (var layer : layers) {
            same.layer(com.github.luben.zstd.Zstd.compress(gunzip(layer.packed)), layer.unpacked);
        }
        return same;
    }

    private static byte[] gunzip(byte[] content) throws IOException {
        try (var in = new java.util.zip.GZIPInputStream(new ByteArrayInputStream(content))) {
            return in.readAllBytes();
        }
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String join(List<String> texts) {
        return String.join(",", texts);
    }
}
