package dev.stasis.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A part of a file.
///
/// @param file the file
/// @param offset where it begins, in bytes
/// @param length how long it is, in bytes
record FileSlice(Path file, long offset, long length) {
    static FileSlice all(Path file) throws IOException {
        return new FileSlice(file, 0, Files.size(file));
    }

    byte[] beginning(int most) throws IOException {
        try (var in = open()) {
            return in.readNBytes(most);
        }
    }

    /// Begins to read it.
    Input open() throws IOException {
        return new Input(FileChannel.open(file, StandardOpenOption.READ), offset, offset + length);
    }

    /// Reads a part of a file.
    static final class Input extends InputStream {
        private final FileChannel channel;
        private final long end;
        private long at;

        private Input(FileChannel channel, long at, long end) {
            this.channel = channel;
            this.at = at;
            this.end = end;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] buffer, int from, int count) throws IOException {
            if (at >= end) {
                return -1;
            }
            int most = (int) Math.min(count, end - at);
            int read = channel.read(ByteBuffer.wrap(buffer, from, most), at);
            at += Math.max(read, 0);
            return read;
        }

        /// Where in the file the next byte is.
        long position() {
            return at;
        }

        @Override
        public int available() {
            return (int) Math.min(end - at, Integer.MAX_VALUE);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
