package dev.stasis.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/// A disk that is full after some writes: nothing more can be written or given a name then.
final class FullDisk extends Disk {
    private int left;

    FullDisk(int writes) {
        left = writes;
    }

    @Override
    void writeNew(Path file, byte[] content, Durability durability) throws IOException {
        if (left-- <= 0) {
            super.writeNew(file, java.util.Arrays.copyOf(content, content.length / 2), durability);
            throw new IOException("No space left on device");
        }
        super.writeNew(file, content, durability);
    }

    private void needSpace() throws IOException {
        if (left-- <= 0) {
            throw new IOException("No space left on device");
        }
    }

    @Override
    void write(FileChannel file, ByteBuffer content, long at) throws IOException {
        needSpace();
        super.write(file, content, at);
    }

    @Override
    FileChannel createSparse(Path file, long bytes) throws IOException {
        needSpace();
        return super.createSparse(file, bytes);
    }

    @Override
    void createFolder(Path folder) throws IOException {
        needSpace();
        super.createFolder(folder);
    }

    @Override
    void link(Path existing, Path link) throws IOException {
        needSpace();
        super.link(existing, link);
    }
}
