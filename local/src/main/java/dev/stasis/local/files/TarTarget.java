package dev.stasis.local.files;

import dev.stasis.FileInfo;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/// Writes a tree as a tar stream. Holes become zeros; a file that changes its size meanwhile is
/// cut, or filled up with zeros.
final class TarTarget implements TreeTarget {
    private static final int CHUNK_BYTES = 65_536;
    private static final int MINOR_BITS = 8;

    private final TarArchiveOutputStream tar;
    private final String root;
    private final byte[] chunk = new byte[CHUNK_BYTES];

    /// @param out flushed at the end and not closed
    /// @param root the name of the copy's root
    TarTarget(OutputStream out, String root) {
        this.root = root;
        this.tar = new TarArchiveOutputStream(out, StandardCharsets.UTF_8.name());
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        tar.setAddPaxHeadersForNonAsciiNames(true);
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void doing(String path, Work work) {
        try {
            work.run();
        } catch (IOException e) {
            throw HostFailure.of("write " + path + " as tar", e);
        }
    }

    private String name(String path) {
        return path.isEmpty() ? root : root + "/" + path;
    }

    private static TarArchiveEntry entry(String name, byte type, FileInfo like) {
        var entry = new TarArchiveEntry(name, type, true);
        entry.setMode(like.permissions());
        entry.setUserId(Integer.toUnsignedLong(like.user()));
        entry.setGroupId(Integer.toUnsignedLong(like.group()));
        entry.setLastModifiedTime(FileTime.from(like.modified()));
        return entry;
    }

    private void put(TarArchiveEntry entry) {
        doing(
                entry.getName(),
                () -> {
                    tar.putArchiveEntry(entry);
                    tar.closeArchiveEntry();
                });
    }

    @Override
    public void folder(String path, FileInfo like) {
        put(entry(name(path) + "/", TarConstants.LF_DIR, like));
    }

    @Override
    public void folderEnd(String path, FileInfo like) {}

    @Override
    public FileSink file(String path, FileInfo like) {
        TarArchiveEntry entry = entry(name(path), TarConstants.LF_NORMAL, like);
        entry.setSize(like.size());
        doing(path, () -> tar.putArchiveEntry(entry));
        return new FileSink() {
            private long written;

            @Override
            public void data(long offset, ByteBuffer bytes) {
                fill(Math.min(offset, like.size()));
                doing(
                        path,
                        () -> {
                            while (bytes.hasRemaining() && written < like.size()) {
                                long room = Math.min(CHUNK_BYTES, like.size() - written);
                                int count = (int) Math.min(bytes.remaining(), room);
                                bytes.get(chunk, 0, count);
                                tar.write(chunk, 0, count);
                                written += count;
                            }
                        });
            }

            private void fill(long size) {
                Arrays.fill(chunk, (byte) 0);
                doing(
                        path,
                        () -> {
                            while (written < size) {
                                int count = (int) Math.min(CHUNK_BYTES, size - written);
                                tar.write(chunk, 0, count);
                                written += count;
                            }
                        });
            }

            @Override
            public void end(long size) {
                fill(like.size());
                doing(path, tar::closeArchiveEntry);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void link(String path, FileInfo like, String leads) {
        TarArchiveEntry entry = entry(name(path), TarConstants.LF_SYMLINK, like);
        entry.setLinkName(leads);
        put(entry);
    }

    @Override
    public void again(String path, FileInfo like, String earlier) {
        TarArchiveEntry entry = entry(name(path), TarConstants.LF_LINK, like);
        entry.setLinkName(name(earlier));
        put(entry);
    }

    @Override
    public boolean special(String path, FileInfo like, long device) {
        byte type =
                switch (like.kind()) {
                    case FIFO -> TarConstants.LF_FIFO;
                    case CHARACTER_DEVICE -> TarConstants.LF_CHR;
                    case BLOCK_DEVICE -> TarConstants.LF_BLK;
                    default -> 0;
                };
        if (type == 0) {
            return false;
        }
        TarArchiveEntry entry = entry(name(path), type, like);
        entry.setDevMajor((int) ((device >> MINOR_BITS) & 0xFFF));
        entry.setDevMinor((int) ((device & 0xFF) | ((device >> 12) & 0xFFF00)));
        put(entry);
        return true;
    }

    @Override
    public void skip(String path, String reason) {}

    @Override
    public void finish() {
        doing(
                root,
                () -> {
                    tar.finish();
                    tar.flush();
                });
    }
}
