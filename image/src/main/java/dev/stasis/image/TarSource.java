package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.zip.GZIPInputStream;

/// A tar file on this computer, plain or compressed with gzip.
final class TarSource {
    private static final int BUFFER_BYTES = 1 << 18;
    private static final byte[] GZIP = {0x1f, (byte) 0x8b};

    /// How other compressed files begin, and what unpacks them.
    private static final Map<String, byte[]> OTHERS =
            Map.of(
                    "xz -d", new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z'},
                    "zstd -d", new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd},
                    "bzip2 -d", new byte[] {'B', 'Z', 'h'});

    private final Path file;
    private final boolean compressed;

    private TarSource(Path file, boolean compressed) {
        this.file = file;
        this.compressed = compressed;
    }

    /// Looks at the beginning of a file.
    ///
    /// @throws StasisException with {@link ErrorCode#IMAGE_NOT_FOUND}, or with {@link
    ///   ErrorCode#IMAGE_INVALID} when it is a folder or compressed in another way
    static TarSource open(Path file) {
        try {
            if (Files.isDirectory(file)) {
                throw new StasisException(
                        ErrorCode.IMAGE_INVALID,
                        file + " is a folder: give a root file system as a tar file");
            }
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw new StasisException(
                        ErrorCode.IMAGE_INVALID,
                        file + " is a device or a pipe: give a root file system as a tar file");
            }
            byte[] magic;
            try (var in = Files.newInputStream(file)) {
                magic = in.readNBytes(6);
            }
            for (var other : OTHERS.entrySet()) {
                if (startsWith(magic, other.getValue())) {
                    throw new StasisException(
                            ErrorCode.IMAGE_INVALID,
                            "%s is compressed in a way that is not read here: unpack it with '%s' first"
                                    .formatted(file, other.getKey()));
                }
            }
            return new TarSource(file, startsWith(magic, GZIP));
        } catch (NoSuchFileException e) {
            throw new StasisException(
                    ErrorCode.IMAGE_NOT_FOUND,
                    "There is no file " + file + " to make an image from: check the path",
                    e);
        } catch (IOException e) {
            throw Failures.of("Reading " + file, e);
        }
    }

    /// What it is, for messages and records.
    String name() {
        return file.toString();
    }

    long bytes() throws IOException {
        return Files.size(file);
    }

    /// The SHA-256 of the file as it is, in hexadecimal.
    String digest(LongConsumer progress) throws IOException {
        try (var pass = new Pass(progress)) {
            pass.drain();
            return pass.digest();
        }
    }

    /// Begins to read the file from its beginning.
    ///
    /// @param progress told how much of the file was read
    Pass pass(LongConsumer progress) throws IOException {
        return new Pass(progress);
    }

    private static boolean startsWith(byte[] content, byte[] magic) {
        return Arrays.equals(Arrays.copyOf(content, magic.length), magic);
    }

    /// One reading of the file, from its beginning on.
    final class Pass implements AutoCloseable {
        private final DigestInputStream raw;

        private Pass(LongConsumer progress) throws IOException {
            raw =
                    new DigestInputStream(
                            new Counting(Files.newInputStream(file), progress), algorithm());
        }

        /// The tar, unpacked.
        InputStream tar() throws IOException {
            var buffered = new BufferedInputStream(raw, BUFFER_BYTES);
            return compressed ? new GZIPInputStream(buffered, BUFFER_BYTES) : buffered;
        }

        /// Reads what is left of the file.
        void drain() throws IOException {
            byte[] buffer = new byte[BUFFER_BYTES];
            while (raw.read(buffer) >= 0) {
                // The digest is what is wanted.
            }
        }

        /// The SHA-256 of what was read, in hexadecimal.
        String digest() {
            return HexFormat.of().formatHex(raw.getMessageDigest().digest());
        }

        @Override
        public void close() throws IOException {
            raw.close();
        }
    }

    private static MessageDigest algorithm() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("Every Java has SHA-256", e);
        }
    }

    private static final class Counting extends FilterInputStream {
        private final LongConsumer progress;
        private long count;

        Counting(InputStream in, LongConsumer progress) {
            super(in);
            this.progress = progress;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] buffer, int from, int length) throws IOException {
            int read = in.read(buffer, from, length);
            if (read > 0) {
                count += read;
                progress.accept(count);
            }
            return read;
        }
    }
}
