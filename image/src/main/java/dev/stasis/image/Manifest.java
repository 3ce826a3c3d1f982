package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.ImageConfig;
import dev.stasis.StasisException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What an image for this computer consists of.
///
/// @param digest what the image is known by: the SHA-256 of its manifest, in hexadecimal
/// @param layers its layers, from the lowest up
/// @param unpacked the SHA-256 of each layer's tar, in hexadecimal
/// @param config how it wants to be run
record Manifest(String digest, List<Descriptor> layers, List<String> unpacked, ImageConfig config) {
    /// The most bytes of a document that are read: what registries allow.
    static final int LARGEST_DOCUMENT_BYTES = 4 << 20;

    /// What a registry is asked for.
    static final String ACCEPTED =
            String.join(
                    ", ",
                    "application/vnd.oci.image.index.v1+json",
                    "application/vnd.oci.image.manifest.v1+json",
                    "application/vnd.docker.distribution.manifest.list.v2+json",
                    "application/vnd.docker.distribution.manifest.v2+json");

    private static final int MOST_LAYERS = 1000;
    private static final int DEEPEST_INDEX = 3;
    private static final String OS = "linux";

    /// Follows indexes to the manifest for this computer, and reads that and its configuration.
    ///
    /// @param content the document that a name leads to
    /// @param digest its digest
    static Manifest resolve(Blobs blobs, byte[] content, String digest) throws IOException {
        byte[] document = content;
        String known = digest;
        for (int depth = 0; depth < DEEPEST_INDEX; depth++) {
            String where = blobs.name() + ", manifest " + Digests.PREFIX + known;
            var tree = JsonTree.parse(document, where);
            if (!tree.has("manifests")) {
                return read(blobs, tree, known, where);
            }
            var chosen = choose(tree.objects("manifests"), where);
            document = blobs.document(chosen, LARGEST_DOCUMENT_BYTES);
            known = chosen.digest();
        }
        throw invalid(blobs.name(), "has indexes of indexes, %d deep".formatted(DEEPEST_INDEX));
    }

    private static Descriptor choose(List<JsonTree> entries, String where) {
        var seen = new java.util.ArrayList<String>();
        for (var entry : entries) {
            var platform = entry.object("platform");
            String found = platform.text("os") + "/" + platform.text("architecture");
            boolean only = entries.size() == 1 && found.equals("/");
            if (only || found.equals(OS + "/" + architecture())) {
                return Descriptor.read(entry, where);
            }
            seen.add(found);
        }
        throw new StasisException(
                ErrorCode.IMAGE_NOT_FOUND,
                "%s has no image for %s/%s, only for %s: choose another image"
                        .formatted(
                                where,
                                OS,
                                architecture(),
                                RawText.shown(
                                        String.join(", ", seen.stream().distinct().toList()))));
    }

    static String architecture() {
        String name = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        return name.equals("aarch64") ? "arm64" : "amd64";
    }

    private static Manifest read(Blobs blobs, JsonTree tree, String digest, String where)
            throws IOException {
        if (!tree.has("config") || !tree.has("layers")) {
            throw invalid(
                    where,
                    tree.has("fsLayers")
                            ? "is of Docker's old format 1, which nobody should serve any more"
                            : "is the manifest of no image");
        }
        var layers = tree.objects("layers").stream().map(l -> Descriptor.read(l, where)).toList();
        var config = Descriptor.read(tree.object("config"), where);
        return of(digest, layers, blobs.document(config, LARGEST_DOCUMENT_BYTES), where);
    }

    /// @param config the image's configuration, as JSON
    /// @param where what it is of, for messages
    static Manifest of(String digest, List<Descriptor> layers, byte[] config, String where) {
        var tree = JsonTree.parse(config, where + ", configuration");
        requireRunnable(tree, where);
        var unpacked =
                tree.object("rootfs").texts("diff_ids").stream()
                        .map(id -> Digests.parse(id, where + ", configuration"))
                        .toList();
        if (unpacked.size() != layers.size() || layers.isEmpty() || layers.size() > MOST_LAYERS) {
            throw invalid(
                    where,
                    "has %d layers and digests for %d, of %d allowed"
                            .formatted(layers.size(), unpacked.size(), MOST_LAYERS));
        }
        return new Manifest(digest, layers, unpacked, checked(tree, where));
    }

    /// No program, variable or folder can have a NUL in it.
    private static ImageConfig checked(JsonTree tree, String where) {
        var config = config(tree.object("config"));
        if (config.toString().indexOf('\0') >= 0) {
            throw invalid(where, "has a configuration with a NUL in it");
        }
        return config;
    }

    private static void requireRunnable(JsonTree config, String where) {
        String os = config.text("os");
        String architecture = config.text("architecture");
        boolean fits =
                (os.isEmpty() || os.equals(OS))
                        && (architecture.isEmpty() || architecture.equals(architecture()));
        if (!fits) {
            throw new StasisException(
                    ErrorCode.IMAGE_INVALID,
                    "%s is for %s/%s, and guests here are %s/%s: choose another image"
                            .formatted(
                                    where,
                                    RawText.shown(os),
                                    RawText.shown(architecture),
                                    OS,
                                    architecture()));
        }
    }

    private static ImageConfig config(JsonTree config) {
        Map<String, String> env = new LinkedHashMap<>();
        for (String variable : config.texts("Env")) {
            int equals = variable.indexOf('=');
            if (equals > 0) {
                env.put(variable.substring(0, equals), variable.substring(equals + 1));
            }
        }
        return new ImageConfig(
                config.texts("Entrypoint"),
                config.texts("Cmd"),
                env,
                config.text("User"),
                folder(config.text("WorkingDir")),
                config.text("StopSignal"),
                config.keys("ExposedPorts"),
                config.pairs("Labels"));
    }

    private static String folder(String path) {
        return path.isEmpty() || path.startsWith("/") ? path : "/" + path;
    }

    /// How large its layers are together, compressed as they are.
    long layerBytes() {
        long bytes = 0;
        for (var layer : layers) {
            bytes = Math.addExact(bytes, layer.size());
        }
        return bytes;
    }

    private static StasisException invalid(String where, String problem) {
        return new StasisException(
                ErrorCode.IMAGE_INVALID,
                "%s %s: choose another image, or tell its maker".formatted(where, problem));
    }
}
