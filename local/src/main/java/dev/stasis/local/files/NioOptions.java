package dev.stasis.local.files;

import dev.stasis.guest.FileSession.Access;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/// What `java.nio.file` says of a file that is opened or made, as a file session takes it.
final class NioOptions {
    private NioOptions() {}

    /// How a file is opened.
    static Set<Access> access(Set<? extends OpenOption> options, boolean writing) {
        var how = EnumSet.noneOf(Access.class);
        boolean fresh = options.contains(StandardOpenOption.CREATE_NEW);
        add(how, Access.WRITE, writing);
        add(how, Access.READ, !writing || options.contains(StandardOpenOption.READ));
        add(how, Access.CREATE, writing && (fresh || options.contains(StandardOpenOption.CREATE)));
        add(how, Access.NEW, writing && fresh);
        add(
                how,
                Access.TRUNCATE,
                writing && options.contains(StandardOpenOption.TRUNCATE_EXISTING));
        add(how, Access.NO_LINK, options.contains(LinkOption.NOFOLLOW_LINKS));
        return how;
    }

    private static void add(Set<Access> how, Access what, boolean wanted) {
        if (wanted) {
            how.add(what);
        }
    }

    /// The permissions of something that is made.
    @SuppressWarnings("unchecked") // a set of something else fails where it is used
    static int permissions(int usual, FileAttribute<?>... attributes) {
        int permissions = usual;
        for (FileAttribute<?> attribute : attributes) {
            if (!attribute.name().equals("posix:permissions")) {
                throw new UnsupportedOperationException(attribute.name());
            }
            permissions = SandboxAttributes.bits((Set<PosixFilePermission>) attribute.value());
        }
        return permissions;
    }
}
