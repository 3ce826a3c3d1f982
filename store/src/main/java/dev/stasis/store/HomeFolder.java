package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/// Makes a folder a home, unless it is one, and refuses what can't be one.
///
/// @param root the folder, which exists
record HomeFolder(Path root, Host host, Disk disk) {
    private static final int FORMAT = 1;
    private static final String FORMAT_FILE = "format";
    private static final String FORMAT_PREFIX = "stasis-home ";
    private static final List<String> FOLDERS =
            List.of(
                    "boot",
                    "images",
                    "snapshots",
                    "snapshots/names",
                    "snapshots/pins",
                    "templates",
                    "sandboxes",
                    "pools",
                    "trash");

    /// Sees to it that the folder is a home that this Stasis can use.
    ///
    /// @throws StasisException with {@link ErrorCode#HOME_UNUSABLE}
    void prepare() throws IOException {
        checkOwner();
        checkFormat();
        createFolders();
    }

    /// Creates the folder with mode 0700 if it is not there.
    static void create(Path folder) {
        try {
            Path parent = folder.getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            Files.createDirectory(
                    folder,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder)) {
                throw unusable(folder, "is no folder", "remove it, or choose another home");
            }
        } catch (IOException e) {
            var failure = Failures.of("Creating the home " + folder, e);
            throw failure.code() == ErrorCode.DISK_FULL
                    ? failure
                    : new StasisException(
                            ErrorCode.HOME_UNUSABLE,
                            "The home %s can't be created (%s): set STASIS_HOME to a folder that can"
                                    .formatted(folder, e.getMessage()),
                            e);
        }
    }

    private void checkOwner() throws IOException {
        int owner = (Integer) Files.getAttribute(root, "unix:uid");
        if (owner != host.uid()) {
            throw unusable(
                    root,
                    "belongs to user %d, and this is user %d".formatted(owner, host.uid()),
                    "set STASIS_HOME to a folder of your own");
        }
        if (!Files.isWritable(root)) {
            throw unusable(
                    root, "can't be written", "change its permissions, or choose another home");
        }
    }

    private void checkFormat() throws IOException {
        Path file = root.resolve(FORMAT_FILE);
        try {
            String text = new String(Document.readBytes(file, 64), StandardCharsets.UTF_8).strip();
            if (!text.equals(FORMAT_PREFIX + FORMAT)) {
                throw unusable(
                        root,
                        "has the format '%s', and this Stasis knows '%s%d'"
                                .formatted(Names.shown(text), FORMAT_PREFIX, FORMAT),
                        "use the Stasis that made it, or choose another home");
            }
        } catch (NoSuchFileException e) {
            checkEmpty();
            disk.write(
                    file,
                    (FORMAT_PREFIX + FORMAT + "\n").getBytes(StandardCharsets.UTF_8),
                    Durability.SYNCED);
        }
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
    }

    private void checkEmpty() throws IOException {
        try (var entries = Files.newDirectoryStream(root)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                boolean ours =
                        name.startsWith(Disk.TEMPORARY_PREFIX)
                                || name.equals("lost+found")
                                || Files.exists(root.resolve(FORMAT_FILE));
                if (!ours) {
                    throw unusable(
                            root,
                            "is no home of Stasis and holds '%s'".formatted(Names.shown(name)),
                            "choose an empty or a new folder");
                }
            }
        }
    }

    private void createFolders() throws IOException {
        boolean created = false;
        for (String folder : FOLDERS) {
            try {
                if (!Files.isDirectory(root.resolve(folder))) {
                    disk.createFolder(root.resolve(folder));
                    created = true;
                }
            } catch (FileAlreadyExistsException e) {
                created = true;
            }
        }
        if (created) {
            disk.sync(root.resolve("snapshots"));
            disk.sync(root);
        }
    }

    private static StasisException unusable(Path root, String problem, String advice) {
        return new StasisException(
                ErrorCode.HOME_UNUSABLE, "The home %s %s: %s".formatted(root, problem, advice));
    }
}
