package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/// A tar file that holds images: as `docker save` writes it, or an OCI layout. It must not be
/// compressed, since it is read here and there.
final class Archive implements Blobs {
    private static final String LAYOUT = "oci-layout";
    private static final String INDEX = "index.json";
    private static final String MANIFEST = "manifest.json";
    private static final int MOST_ENTRIES = 100_000;
    private static final int MOST_LINKS = 10;
    private static final int MOST_IMAGES = 100;
    private static final List<String> NAMES =
            List.of("io.containerd.image.name", "org.opencontainers.image.ref.name");

    /// What such archives hold and root file systems do not.
    private static final Pattern TYPICAL =
            Pattern.compile(
                    "blobs(/.*)?|oci-layout|index\\.json|manifest\\.json|repositories|[0-9a-f]{64}(/.*|\\.json|\\.tar)?");

    private final String name;
    private final Map<String, FileSlice> files = new HashMap<>();
    private final Map<String, String> links = new HashMap<>();

    private Archive(String name) {
        this.name = name;
    }

    /// An image in it.
    ///
    /// @param names what it is called there
    /// @param manifest what it consists of
    /// @param layers where its layers are
    record Image(Set<ImageReference> names, Manifest manifest, List<TarSource> layers) {}

    /// Whether a tar file looks like such an archive, by the first names in it.
    static boolean isTypical(String path) {
        return TYPICAL.matcher(path).matches();
    }

    /// Looks through a tar file.
    ///
    /// @param name what it is, for messages
    /// @return empty when it is no such archive
    static Optional<Archive> open(String name, Path file) throws IOException {
        var archive = new Archive(name);
        var in = FileSlice.all(file).open();
        var tap = new HeaderTap(in);
        try (var tar = new TarArchiveInputStream(tap, "ISO-8859-1")) {
            for (int i = 0; ; i++) {
                tap.start();
                var entry = tar.getNextEntry();
                tap.stop();
                if (entry == null) {
                    break;
                }
                String path = TreePath.normalise(entry.getName()).orElse("..");
                boolean known = archive.files.containsKey(LAYOUT);
                if (i > MOST_ENTRIES || (!path.isEmpty() && !known && !isTypical(path))) {
                    return Optional.empty();
                }
                if (entry.isFile() && !entry.isLink()) {
                    archive.files.put(path, new FileSlice(file, in.position(), entry.getSize()));
                } else if (entry.isLink() || entry.isSymbolicLink()) {
                    archive.links.put(path, target(path, entry.isLink(), entry.getLinkName()));
                }
                tar.transferTo(OutputStream.nullOutputStream()); // It is no header.
            }
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty(); // Whoever reads it as a root file system says what is wrong.
        }
        boolean images = archive.files.containsKey(MANIFEST) || archive.isLayout();
        return images ? Optional.of(archive) : Optional.empty();
    }

    private static String target(String path, boolean hard, String target) {
        if (hard || target.startsWith("/")) {
            return TreePath.normalise(target).orElse("..");
        }
        Path there = Path.of("/" + TreePath.parent(path)).resolve(target).normalize();
        return there.toString().substring(1);
    }

    private boolean isLayout() {
        return files.containsKey(LAYOUT) && files.containsKey(INDEX);
    }

    @Override
    public String name() {
        return name;
    }

    /// The images in it.
    ///
    /// @throws StasisException with {@link ErrorCode#IMAGE_INVALID}
    List<Image> images() throws IOException {
        var images = isLayout() ? ofLayout() : ofDocker();
        if (images.isEmpty()) {
            throw invalid("holds no image", null);
        }
        return images;
    }

    private List<Image> ofLayout() throws IOException {
        var entries = JsonTree.parse(small(INDEX), name + ", " + INDEX).objects("manifests");
        requireFew(entries.size());
        var images = new ArrayList<Image>();
        for (var entry : entries) {
            var descriptor = Descriptor.read(entry, name + ", " + INDEX);
            byte[] content = document(descriptor, Manifest.LARGEST_DOCUMENT_BYTES);
            var manifest = Manifest.resolve(this, content, descriptor.digest());
            var layers = new ArrayList<TarSource>();
            for (int i = 0; i < manifest.layers().size(); i++) {
                var layer = manifest.layers().get(i);
                var slice = file(path(layer.digest()));
                layers.add(
                        TarSource.of(name + ", layer " + layer.shortDigest(), slice)
                                .expecting(layer.digest(), manifest.unpacked().get(i)));
            }
            images.add(new Image(layoutNames(entry), manifest, layers));
        }
        return images;
    }

    private static Set<ImageReference> layoutNames(JsonTree entry) {
        var names = new LinkedHashSet<ImageReference>();
        var annotations = entry.object("annotations");
        for (String key : NAMES) {
            String text = annotations.text(key);
            if (text.contains("/") || text.contains(":")) { // Else it is a tag alone.
                names.add(ImageReference.parse(text));
                break;
            }
        }
        return names;
    }

    private List<Image> ofDocker() throws IOException {
        var entries = JsonTree.parseList(small(MANIFEST), name + ", " + MANIFEST);
        requireFew(entries.size());
        var images = new ArrayList<Image>();
        for (var entry : entries) {
            byte[] config = small(normal(entry.text("Config")));
            String digest = Digests.of(config);
            var slices = new ArrayList<FileSlice>();
            var descriptors = new ArrayList<Descriptor>();
            for (String layer : entry.texts("Layers")) {
                var slice = file(normal(layer));
                slices.add(slice);
                descriptors.add(new Descriptor("", digest, slice.length()));
            }
            var manifest = Manifest.of(digest, descriptors, config, name);
            var layers = new ArrayList<TarSource>();
            for (int i = 0; i < slices.size(); i++) {
                layers.add(
                        TarSource.of(name + ", layer " + (i + 1), slices.get(i))
                                .expecting("", manifest.unpacked().get(i)));
            }
            var names = new LinkedHashSet<ImageReference>();
            entry.texts("RepoTags").forEach(tag -> names.add(ImageReference.parse(tag)));
            images.add(new Image(names, manifest, layers));
        }
        return images;
    }

    private void requireFew(int images) {
        if (images > MOST_IMAGES) {
            throw invalid("holds %d images".formatted(images), null);
        }
    }

    @Override
    public byte[] document(Descriptor descriptor, int most) throws IOException {
        byte[] content = small(path(descriptor.digest()));
        if (!Digests.of(content).equals(descriptor.digest())) {
            throw invalid(
                    "has a blob sha256:%s with the digest sha256:%s"
                            .formatted(descriptor.digest(), Digests.of(content)),
                    null);
        }
        return content;
    }

    private static String path(String digest) {
        return "blobs/sha256/" + digest;
    }

    private String normal(String path) {
        return TreePath.normalise(
                        RawText.of(path.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .orElseThrow(() -> invalid("names a file outside of itself", null));
    }

    private byte[] small(String path) throws IOException {
        var slice = file(path);
        if (slice.length() > Manifest.LARGEST_DOCUMENT_BYTES) {
            throw invalid("has a document %s of %d bytes".formatted(path, slice.length()), null);
        }
        return slice.beginning((int) slice.length());
    }

    private FileSlice file(String path) {
        String at = path;
        for (int i = 0; i < MOST_LINKS; i++) {
            var slice = files.get(at);
            if (slice != null) {
                return slice;
            }
            at = links.getOrDefault(at, "");
        }
        throw invalid("has no file '%s', which it speaks of".formatted(RawText.shown(path)), null);
    }

    private StasisException invalid(String problem, @Nullable Throwable cause) {
        return new StasisException(
                ErrorCode.IMAGE_INVALID,
                "%s %s: make or copy the archive anew".formatted(name, problem),
                cause);
    }
}
