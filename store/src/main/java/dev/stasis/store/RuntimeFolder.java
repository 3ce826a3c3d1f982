package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;

/// Where sockets and process ids of one home's machines lie: one folder a sandbox, gone with the
/// next boot of the computer. It is `$XDG_RUNTIME_DIR/stasis-<hash>` where that is usable and short
/// enough for socket paths, else `/tmp/stasis-<uid>-<hash>`; the hash is of the home's path.
///
/// `/tmp` is everybody's, so the folder is used only when it is a folder, no link, this user's, and
/// closed to others.
public final class RuntimeFolder {
    /// The longest path of a unix socket, in bytes, without its closing NUL.
    static final int LONGEST_SOCKET_PATH_BYTES = 107;

    private static final int HASH_BYTES = 4;
    private static final String LONGEST_INSIDE = "/aaaaaaaaaaaa/machine.lock.tmp";
    private static final int PERMISSIONS = 0777;
    private static final int OTHERS = 077;

    private final Path root;
    private final int uid;

    private RuntimeFolder(Path root, int uid) {
        this.root = root;
        this.uid = uid;
    }

    static RuntimeFolder of(Path home, Host host, Path shared) {
        String hash = hash(home);
        String given = host.environment().getOrDefault("XDG_RUNTIME_DIR", "");
        if (given.startsWith("/")) {
            Path own = Path.of(given).resolve("stasis-" + hash);
            if (fits(own) && isOwnFolder(Path.of(given), host.uid())) {
                return new RuntimeFolder(own, host.uid());
            }
        }
        return new RuntimeFolder(shared.resolve("stasis-" + host.uid() + "-" + hash), host.uid());
    }

    /// The folder. It need not exist yet.
    public Path root() {
        return root;
    }

    /// The folder of one sandbox, which need not exist.
    public Path of(String sandboxId) {
        return root.resolve(sandboxId);
    }

    /// The ids that have a folder here.
    public List<String> ids() {
        try {
            return Leftovers.entries(root).stream()
                    .map(entry -> String.valueOf(entry.getFileName()))
                    .filter(Ids::isId)
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw Failures.of("Listing the run folders in " + root, e);
        }
    }

    /// Creates the folder of one sandbox if it isn't there.
    ///
    /// @throws StasisException with {@link ErrorCode#HOME_UNUSABLE} when somebody else made it, or
    ///   a link lies in its place
    public Path create(String sandboxId) {
        try {
            createOwn(root);
            return createOwn(of(sandboxId));
        } catch (IOException e) {
            throw Failures.of("Creating the run folder " + of(sandboxId), e);
        }
    }

    private Path createOwn(Path folder) throws IOException {
        try {
            Files.createDirectory(
                    folder,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            check(folder);
        }
        return folder;
    }

    private void check(Path folder) throws IOException {
        int mode = attribute(folder, "unix:mode");
        int owner = attribute(folder, "unix:uid");
        String problem = null;
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            problem = "is no folder";
        } else if (owner != uid) {
            problem = "belongs to user " + owner;
        } else if ((mode & OTHERS) != 0) {
            problem = "has mode %03o and is open to others".formatted(mode & PERMISSIONS);
        }
        if (problem != null) {
            throw new StasisException(
                    ErrorCode.HOME_UNUSABLE,
                    "The run folder %s %s, so machines can't be controlled through it safely: remove it, or set XDG_RUNTIME_DIR to a folder of your own"
                            .formatted(folder, problem));
        }
    }

    private static int attribute(Path folder, String name) throws IOException {
        return (Integer) Files.getAttribute(folder, name, LinkOption.NOFOLLOW_LINKS);
    }

    private static boolean isOwnFolder(Path folder, int uid) {
        try {
            return Files.isDirectory(folder)
                    && (Integer) Files.getAttribute(folder, "unix:uid") == uid
                    && Files.isWritable(folder);
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean fits(Path root) {
        return (root + LONGEST_INSIDE).getBytes(StandardCharsets.UTF_8).length
                <= LONGEST_SOCKET_PATH_BYTES;
    }

    private static String hash(Path home) {
        byte[] digest = Digests.sha256(home.toString().getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
    }
}
