package dev.stasis.local.files;

import dev.stasis.guest.FileChange;
import dev.stasis.guest.FileSession.Links;
import java.io.IOException;
import java.nio.file.LinkOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The attributes of one file, to be read and changed.
final class SandboxAttributeView implements PosixFileAttributeView {
    private final SandboxPath path;
    private final String name;
    private final LinkOption[] options;

    /// @param name what the view is called
    SandboxAttributeView(SandboxPath path, String name, LinkOption... options) {
        this.path = path;
        this.name = name;
        this.options = options.clone();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public PosixFileAttributes readAttributes() throws IOException {
        return SandboxFileSystemProvider.INSTANCE.stat(path, options);
    }

    private void change(FileChange change) throws IOException {
        boolean follow = !Arrays.asList(options).contains(LinkOption.NOFOLLOW_LINKS);
        NioFailures.io(
                path.absolute(),
                () -> {
                    path.getFileSystem()
                            .files()
                            .change(
                                    path.absolute(),
                                    follow ? Links.FOLLOWED : Links.THEMSELVES,
                                    change);
                    return true;
                });
    }

    /// The time of creation can't be changed and is passed over.
    @Override
    public void setTimes(
            @Nullable FileTime modified, @Nullable FileTime accessed, @Nullable FileTime created)
            throws IOException {
        if (modified != null || accessed != null) {
            change(
                    FileChange.times(
                            accessed == null ? null : accessed.toInstant(),
                            modified == null ? null : modified.toInstant()));
        }
    }

    @Override
    public void setPermissions(Set<PosixFilePermission> permissions) throws IOException {
        change(FileChange.permissions(SandboxAttributes.bits(permissions)));
    }

    @Override
    public UserPrincipal getOwner() throws IOException {
        return readAttributes().owner();
    }

    @Override
    public void setOwner(UserPrincipal owner) throws IOException {
        if (!(owner instanceof SandboxFileSystem.User user)) {
            throw new IOException("no user of a sandbox: " + owner);
        }
        change(FileChange.owner(user.id(), null));
    }

    @Override
    public void setGroup(GroupPrincipal group) throws IOException {
        if (!(group instanceof SandboxFileSystem.Group known)) {
            throw new IOException("no group of a sandbox: " + group);
        }
        change(FileChange.owner(null, known.id()));
    }

    /// Sets one attribute by its name, without the view's.
    @SuppressWarnings("unchecked") // a set of something else fails where it is used
    void set(String attribute, Object value) throws IOException {
        switch (attribute) {
            case "lastModifiedTime" -> setTimes((FileTime) value, null, null);
            case "lastAccessTime" -> setTimes(null, (FileTime) value, null);
            case "creationTime" -> setTimes(null, null, (FileTime) value);
            case "permissions" -> setPermissions((Set<PosixFilePermission>) value);
            case "owner" -> setOwner((UserPrincipal) value);
            case "group" -> setGroup((GroupPrincipal) value);
            case "mode" -> change(FileChange.permissions((Integer) value & 07777));
            case "uid" -> change(FileChange.owner((Integer) value, null));
            case "gid" -> change(FileChange.owner(null, (Integer) value));
            default -> throw new IllegalArgumentException("can't set '" + attribute + "'");
        }
    }
}
