package dev.stasis.guest;

import java.io.ByteArrayOutputStream;
import java.time.Instant;

/// A request to a guest's file server, without the length before it.
final class FileRequest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);

    FileRequest(Operation operation) {
        bytes.write(operation.number);
    }

    FileRequest number(long value, int size) {
        for (int i = 0; i < size; i++) {
            bytes.write((int) (value >>> (8 * i)));
        }
        return this;
    }

    FileRequest path(String path) {
        return text(GuestNames.bytes(path));
    }

    FileRequest text(byte[] text) {
        number(text.length, Short.BYTES);
        bytes.writeBytes(text);
        bytes.write(0);
        return this;
    }

    FileRequest time(Instant time) {
        return number(time.getEpochSecond(), Long.BYTES).number(time.getNano(), Integer.BYTES);
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    /// What a file server can do, with the most bytes that a reply can have.
    enum Operation {
        STAT(1, GuestFile.BYTES),
        OPEN_FOLDER(2, 0),
        NEXT(3, 65_536),
        OPEN(4, GuestFile.BYTES),
        READ(5, 0), // and what was asked for
        WRITE(6, 0),
        TRUNCATE(7, 0),
        FLUSH(8, 0),
        CLOSE(9, 0),
        CHANGE(10, 0),
        MAKE_FOLDER(11, 0),
        REMOVE(12, 1),
        RENAME(13, 0),
        SYMLINK(14, 0),
        LINK(15, 0),
        READLINK(16, 4098),
        REAL_PATH(17, 4098),
        NODE(18, 0),
        EXTENTS(19, 32_768),
        SPACE(20, 24),
        ACCESS(21, 0);

        private final int number;
        private final int replyLimit;

        Operation(int number, int replyLimit) {
            this.number = number;
            this.replyLimit = replyLimit;
        }

        int replyLimit() {
            return replyLimit;
        }
    }
}
