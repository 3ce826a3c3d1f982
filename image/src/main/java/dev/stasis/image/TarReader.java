package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/// Reads a tar file strictly: what is damaged, cut off, escapes the tree or is too large is
/// refused. Names stay bytes, and so do extended attributes.
final class TarReader implements AutoCloseable {
    private static final int PERMISSIONS = 07777;
    private static final long LARGEST_ID = 0xffff_fffeL;
    private static final long LATEST_SECOND = 0xffff_ffffL;
    private static final String XATTR_PREFIX = "SCHILY.xattr.";

    /// The extended attributes that a squashfs file can hold.
    private static final List<String> XATTR_KINDS = List.of("user.", "trusted.", "security.");

    /// What overlay file systems note for themselves; the guest's own would believe it.
    private static final String OVERLAY_PREFIX = "trusted.overlay.";

    private final String source;
    private final HeaderTap tap;
    private final TarArchiveInputStream tar;
    private final LayerRules rules;
    private final ImageLimits limits;
    private final Taken taken;
    private int entries;
    private String lastPath = "";

    /// What all layers of an image hold together, so far.
    static final class Taken {
        private int entries;
        private long contentBytes;
    }

    /// Reads from the beginning of a tar file.
    ///
    /// @param source what it is, for messages
    /// @param taken what the layers before it hold, and counts this one's
    TarReader(String source, InputStream in, LayerRules rules, ImageLimits limits, Taken taken) {
        this.source = source;
        this.rules = rules;
        this.limits = limits;
        this.taken = taken;
        this.tap = new HeaderTap(in);
        this.tar = new TarArchiveInputStream(tap, "ISO-8859-1");
    }

    /// The next entry. What is left of the content of the one before is skipped.
    ///
    /// @return empty at the end
    /// @throws StasisException with {@link ErrorCode#IMAGE_INVALID}
    Optional<TarEntry> next() {
        try {
            if (entries > 0) {
                tar.transferTo(OutputStream.nullOutputStream());
            }
            tap.start();
            TarArchiveEntry entry = tar.getNextEntry();
            byte[] headers = tap.stop();
            if (entry == null) {
                requireEndMark(headers);
                return Optional.empty();
            }
            if (!entry.isCheckSumOK()) {
                throw broken("the check sum of a header is wrong", null);
            }
            return Optional.of(convert(entry, PaxRecords.of(headers)));
        } catch (IOException | IllegalArgumentException e) {
            throw broken(String.valueOf(e.getMessage()), e);
        }
    }

    /// The content of the entry just read.
    InputStream content() {
        return tar;
    }

    @Override
    public void close() throws IOException {
        tar.close();
    }

    private TarEntry convert(TarArchiveEntry entry, Map<String, byte[]> records) {
        String name = text(records, entry.getName(), "GNU.sparse.name", "path");
        String path = TreePath.normalise(name).orElseThrow(() -> escapes(name));
        lastPath = path;
        count(entry);
        var kind = kind(entry, name);
        if (kind != TarEntry.Kind.FILE && entry.getRealSize() != 0) {
            throw invalid("'%s' is no file and has content".formatted(RawText.shown(path)));
        }
        String target = text(records, entry.getLinkName(), "linkpath");
        return new TarEntry(
                path,
                kind,
                attributes(entry, records),
                entry.getRealSize(),
                switch (kind) {
                    case HARD_LINK -> TreePath.normalise(target).orElseThrow(() -> escapes(target));
                    case SYMBOLIC_LINK -> target;
                    case FILE, FOLDER, FIFO, DEVICE -> "";
                });
    }

    private TarEntry.Kind kind(TarArchiveEntry entry, String name) {
        char flag = (char) entry.getLinkFlag();
        return switch (flag) {
            // Before there was a flag for folders, a slash at the end of the name made one.
            case '0', '\0', '7', 'S' ->
                    name.endsWith("/") ? TarEntry.Kind.FOLDER : TarEntry.Kind.FILE;
            case '1' -> TarEntry.Kind.HARD_LINK;
            case '2' -> TarEntry.Kind.SYMBOLIC_LINK;
            case '3', '4' -> TarEntry.Kind.DEVICE;
            case '5' -> TarEntry.Kind.FOLDER;
            case '6' -> TarEntry.Kind.FIFO;
            default ->
                    throw invalid(
                            "'%s' is of the unknown type '%s'"
                                    .formatted(
                                            RawText.shown(name),
                                            RawText.shown(String.valueOf(flag))));
        };
    }

    private TarEntry.Attributes attributes(TarArchiveEntry entry, Map<String, byte[]> records) {
        long uid = entry.getLongUserId();
        long gid = entry.getLongGroupId();
        if (uid < 0 || uid > LARGEST_ID || gid < 0 || gid > LARGEST_ID) {
            throw invalid(
                    "'%s' belongs to user %d and group %d, which can't be"
                            .formatted(RawText.shown(lastPath), uid, gid));
        }
        long second = Math.floorDiv(entry.getLastModifiedTime().toMillis(), 1000L);
        return new TarEntry.Attributes(
                entry.getMode() & PERMISSIONS,
                uid,
                gid,
                Math.clamp(second, 0, LATEST_SECOND),
                xattrs(records));
    }

    private static Map<String, byte[]> xattrs(Map<String, byte[]> records) {
        var xattrs = new LinkedHashMap<String, byte[]>();
        records.forEach((key, value) -> {
            if (key.startsWith(XATTR_PREFIX)) {
                String name = key.substring(XATTR_PREFIX.length());
                boolean ofOverlays = name.startsWith(OVERLAY_PREFIX);
                if (!ofOverlays && XATTR_KINDS.stream().anyMatch(name::startsWith)) {
                    xattrs.put(name, value);
                }
            }
        });
        return xattrs;
    }

    private void count(TarArchiveEntry entry) {
        entries++;
        taken.entries++;
        taken.contentBytes += entry.getRealSize();
        if (taken.entries > limits.entries()) {
            throw invalid("has more than %d entries".formatted(limits.entries()));
        }
        if (entry.getRealSize() < 0 || taken.contentBytes > limits.content().bytes()) {
            throw invalid("holds more than %s of files".formatted(limits.content()));
        }
    }

    /// Layers have digests, which tell more surely than the mark that nothing is missing; not all
    /// programs write it.
    private void requireEndMark(byte[] headers) {
        if (rules == LayerRules.LAYER) {
            return;
        }
        for (int i = 0; i < PaxRecords.BLOCK_BYTES; i++) {
            if (i >= headers.length || headers[i] != 0) {
                throw broken("it ends without the mark of its end", null);
            }
        }
        if (entries == 0) {
            throw invalid("holds no files");
        }
    }

    private static String text(Map<String, byte[]> records, String otherwise, String... keys) {
        for (String key : keys) {
            byte[] value = records.get(key);
            if (value != null) {
                return RawText.of(value);
            }
        }
        return otherwise;
    }

    private StasisException escapes(String name) {
        return invalid(
                "has an entry '%s', which leads out of the tree or has a name that Linux can't have"
                        .formatted(RawText.shown(name)));
    }

    private StasisException broken(String problem, @Nullable Throwable cause) {
        if (entries == 0 && rules == LayerRules.ROOT) {
            return new StasisException(
                    ErrorCode.IMAGE_INVALID,
                    source + " is no tar file: give a root file system as a tar file",
                    cause);
        }
        return new StasisException(
                ErrorCode.IMAGE_INVALID,
                "%s is damaged or cut off after '%s' (%s): make or copy it anew"
                        .formatted(source, RawText.shown(lastPath), RawText.shown(problem)),
                cause);
    }

    private StasisException invalid(String problem) {
        return new StasisException(
                ErrorCode.IMAGE_INVALID,
                source + " " + problem + ": no root file system can be made from it");
    }
}
