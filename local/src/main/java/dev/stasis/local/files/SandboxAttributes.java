package dev.stasis.local.files;

import dev.stasis.FileInfo;
import dev.stasis.FileKind;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileOwnerAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// What is known of a file, as `java.nio.file` asks for it.
record SandboxAttributes(FileInfo info) implements PosixFileAttributes {
    static final Set<String> VIEWS = Set.of("basic", "posix", "owner", "unix");

    /// From the bit 0400 down.
    private static final PosixFilePermission[] BITS = PosixFilePermission.values();

    static boolean isKnown(Class<? extends FileAttributeView> type) {
        return type == BasicFileAttributeView.class
                || type == PosixFileAttributeView.class
                || type == FileOwnerAttributeView.class;
    }

    /// The bits of permissions, from the owner's reading down.
    static int bits(Set<PosixFilePermission> permissions) {
        int bits = 0;
        for (int bit = 0; bit < BITS.length; bit++) {
            if (permissions.contains(BITS[bit])) {
                bits |= 0400 >> bit;
            }
        }
        return bits;
    }

    @Override
    public Set<PosixFilePermission> permissions() {
        var permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (int bit = 0; bit < BITS.length; bit++) {
            if ((info.permissions() & (0400 >> bit)) != 0) {
                permissions.add(BITS[bit]);
            }
        }
        return permissions;
    }

    @Override
    public UserPrincipal owner() {
        return new SandboxFileSystem.User(info.user());
    }

    @Override
    public GroupPrincipal group() {
        return new SandboxFileSystem.Group(info.group());
    }

    @Override
    public FileTime lastModifiedTime() {
        return FileTime.from(info.modified());
    }

    @Override
    public FileTime lastAccessTime() {
        return FileTime.from(info.accessed());
    }

    /// The guest does not tell it.
    @Override
    public FileTime creationTime() {
        return lastModifiedTime();
    }

    @Override
    public boolean isRegularFile() {
        return info.isFile();
    }

    @Override
    public boolean isDirectory() {
        return info.isFolder();
    }

    @Override
    public boolean isSymbolicLink() {
        return info.isLink();
    }

    @Override
    public boolean isOther() {
        return !isRegularFile() && !isDirectory() && !isSymbolicLink();
    }

    @Override
    public long size() {
        return info.size();
    }

    @Override
    public Object fileKey() {
        return "(dev=" + Long.toHexString(info.device()) + ",ino=" + info.inode() + ")";
    }

    /// All attributes of a view, by name.
    Map<String, Object> of(String view) {
        var all = new LinkedHashMap<String, Object>();
        if (!view.equals("owner")) {
            all.put("lastModifiedTime", lastModifiedTime());
            all.put("lastAccessTime", lastAccessTime());
            all.put("creationTime", creationTime());
            all.put("size", size());
            all.put("isRegularFile", isRegularFile());
            all.put("isDirectory", isDirectory());
            all.put("isSymbolicLink", isSymbolicLink());
            all.put("isOther", isOther());
            all.put("fileKey", fileKey());
        }
        if (!view.equals("basic")) {
            all.put("owner", owner());
        }
        if (view.equals("posix") || view.equals("unix")) {
            all.put("group", group());
            all.put("permissions", permissions());
        }
        if (view.equals("unix")) {
            all.put("mode", type(info.kind()) | info.permissions());
            all.put("ino", info.inode());
            all.put("dev", info.device());
            all.put("nlink", info.links());
            all.put("uid", info.user());
            all.put("gid", info.group());
            all.put("ctime", FileTime.from(info.changed()));
        }
        return all;
    }

    private static int type(FileKind kind) {
        return switch (kind) {
            case FIFO -> 0010000;
            case CHARACTER_DEVICE -> 0020000;
            case FOLDER -> 0040000;
            case BLOCK_DEVICE -> 0060000;
            case FILE -> 0100000;
            case LINK -> 0120000;
            case SOCKET -> 0140000;
        };
    }
}
