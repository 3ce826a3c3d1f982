package dev.stasis.image;

import com.github.luben.zstd.ZstdInputStream;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.zip.GZIPInputStream;

/// A tar file on this computer, or in a larger file, plain or compressed with gzip or zstd.
final class TarSource {
    private static final int BUFFER_BYTES = 1 << 18;

    /// How other compressed files begin, and what unpacks them.
    private static final Map<String, byte[]> OTHERS =
            Map.of(
                    "xz -d", new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z'},
                    "bzip2 -d", new byte[] {'B', 'Z', 'h'});

    private final String name;
    private final FileSlice slice;
    private final Compression compression;
    private String expected = "";
    private String unpacked = "";

    private TarSource(String name, FileSlice slice, Compression compression) {
        this.name = name;
        this.slice = slice;
        this.compression = compression;
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
            return of(file.toString(), FileSlice.all(file));
        } catch (NoSuchFileException e) {
            throw new StasisException(
                    ErrorCode.IMAGE_NOT_FOUND,
                    "There is no file " + file + " to make an image from: check the path",
                    e);
        } catch (IOException e) {
            throw Failures.of("Reading " + file, e);
        }
    }

    /// Looks at the beginning of a part of a file.
    ///
    /// @param name what it is, for messages
    static TarSource of(String name, FileSlice slice) throws IOException {
        byte[] magic = slice.beginning(Compression.MAGIC_BYTES);
        for (var other : OTHERS.entrySet()) {
            if (Compression.startsWith(magic, other.getValue())) {
                throw new StasisException(
                        ErrorCode.IMAGE_INVALID,
                        "%s is compressed in a way that is not read here: unpack it with '%s' first"
                                .formatted(name, other.getKey()));
            }
        }
        return new TarSource(name, slice, Compression.of(magic));
    }

    /// The same, which must have certain digests.
    ///
    /// @param ofFile the SHA-256 of the file as it is, in hexadecimal
    /// @param ofTar the SHA-256 of the tar in it; empty = any
    TarSource expecting(String ofFile, String ofTar) {
        var source = new TarSource(name, slice, compression);
        source.expected = ofFile;
        source.unpacked = ofTar;
        return source;
    }

    String name() {
        return name;
    }

    long bytes() {
        return slice.length();
    }

    Compression compression() {
        return compression;
    }

    String expected() {
        return expected;
    }

    String unpacked() {
        return unpacked;
    }

    /// The SHA-256 of the file as it is, in hexadecimal.
    String digest(LongConsumer progress) throws IOException {
        try (var pass = new Pass(progress)) {
            pass.drainRaw();
            return pass.digest();
        }
    }

    /// Begins to read the file from its beginning.
    ///
    /// @param progress told how much of the file was read
    Pass pass(LongConsumer progress) throws IOException {
        return new Pass(progress);
    }

    /// One reading of the file, from its beginning on.
    final class Pass implements AutoCloseable {
        private final DigestInputStream raw;
        private final MessageDigest unpackedDigest = Digests.sha256();
        private InputStream plain = InputStream.nullInputStream();

        private Pass(LongConsumer progress) throws IOException {
            raw = new DigestInputStream(new CountedInput(slice.open(), progress), Digests.sha256());
        }

        /// The tar, unpacked.
        ///
        /// @param limits how much it may unpack to
        InputStream tar(ImageLimits limits) throws IOException {
            var buffered = new BufferedInputStream(raw, BUFFER_BYTES);
            InputStream all =
                    switch (compression) {
                        case NONE -> buffered;
                        case GZIP -> new GZIPInputStream(buffered, BUFFER_BYTES);
                        case ZSTD -> new ZstdInputStream(buffered);
                    };
            var bounded = new CountedInput(all, CountedInput.atMost(name, limits));
            plain = unpacked.isEmpty() ? bounded : new DigestInputStream(bounded, unpackedDigest);
            return plain;
        }

        /// Reads what is left of the tar and of the file.
        void drain() throws IOException {
            read(plain);
            drainRaw();
        }

        private void drainRaw() throws IOException {
            read(raw);
        }

        private static void read(InputStream in) throws IOException {
            byte[] buffer = new byte[BUFFER_BYTES];
            while (in.read(buffer) >= 0) {
                // The digest is what is wanted.
            }
        }

        /// The SHA-256 of what was read, in hexadecimal.
        String digest() {
            return Digests.hex(raw.getMessageDigest());
        }

        /// The SHA-256 of the tar, once all was read, in hexadecimal.
        String unpackedDigest() {
            return Digests.hex(unpackedDigest);
        }

        @Override
        public void close() throws IOException {
            raw.close();
        }
    }
}
