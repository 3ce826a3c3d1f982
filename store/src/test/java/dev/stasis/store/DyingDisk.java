package dev.stasis.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/// A disk whose process is killed after some changes: the next one does not happen, and none after
/// it, clean-up neither.
class DyingDisk extends Disk {
    private int left;

    DyingDisk(int changes) {
        left = changes;
    }

    /// The end of the process.
    static final class Death extends Error {
        private static final long serialVersionUID = 1L;
    }

    private synchronized void live() {
        if (left-- <= 0) {
            throw new Death();
        }
    }

    @Override
    void createFolder(Path folder) throws IOException {
        live();
        super.createFolder(folder);
    }

    @Override
    void writeNew(Path file, byte[] content, Durability durability) throws IOException {
        live();
        super.writeNew(file, content, durability);
    }

    @Override
    FileChannel createSparse(Path file, long bytes) throws IOException {
        live();
        return super.createSparse(file, bytes);
    }

    @Override
    void write(FileChannel file, ByteBuffer content, long at) throws IOException {
        live();
        super.write(file, content, at);
    }

    @Override
    void rename(Path from, Path to) throws IOException {
        live();
        super.rename(from, to);
    }

    @Override
    void link(Path existing, Path link) throws IOException {
        live();
        super.link(existing, link);
    }

    @Override
    void restrict(Path file) throws IOException {
        live();
        super.restrict(file);
    }

    @Override
    void sync(Path fileOrFolder) throws IOException {
        live();
        super.sync(fileOrFolder);
    }

    @Override
    void delete(Path file) throws IOException {
        live();
        super.delete(file);
    }
}
