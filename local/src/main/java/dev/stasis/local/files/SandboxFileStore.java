package dev.stasis.local.files;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileStoreAttributeView;
import org.jspecify.annotations.Nullable;

/// The file system that a path of a sandbox is on.
final class SandboxFileStore extends FileStore {
    private final SandboxPath path;

    SandboxFileStore(SandboxPath path) {
        this.path = path;
    }

    @Override
    public String name() {
        return path.getFileSystem().name();
    }

    @Override
    public String type() {
        return "stasis";
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    private long space(int which) throws IOException {
        String at = path.absolute();
        return NioFailures.io(at, () -> path.getFileSystem().files().space(at))[which];
    }

    @Override
    public long getTotalSpace() throws IOException {
        return space(0);
    }

    @Override
    public long getUnallocatedSpace() throws IOException {
        return space(1);
    }

    @Override
    public long getUsableSpace() throws IOException {
        return space(2);
    }

    @Override
    public boolean supportsFileAttributeView(Class<? extends FileAttributeView> type) {
        return SandboxAttributes.isKnown(type);
    }

    @Override
    public boolean supportsFileAttributeView(String name) {
        return SandboxAttributes.VIEWS.contains(name);
    }

    @Override
    public <V extends FileStoreAttributeView> @Nullable V getFileStoreAttributeView(Class<V> type) {
        return null;
    }

    @Override
    public Object getAttribute(String attribute) throws IOException {
        return switch (attribute) {
            case "totalSpace" -> getTotalSpace();
            case "unallocatedSpace" -> getUnallocatedSpace();
            case "usableSpace" -> getUsableSpace();
            default -> throw new UnsupportedOperationException(attribute);
        };
    }
}
