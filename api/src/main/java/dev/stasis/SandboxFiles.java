package dev.stasis;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/// The files of a running sandbox, as one of its users. Nothing of it needs a program in the
/// sandbox. Thread-safe.
///
/// Paths in the sandbox are absolute. What fails has a code of its own: {@link
/// ErrorCode#FILE_NOT_FOUND}, {@link ErrorCode#FILE_EXISTS}, {@link ErrorCode#NOT_A_FOLDER}, {@link
/// ErrorCode#IS_A_FOLDER}, {@link ErrorCode#FOLDER_NOT_EMPTY}, {@link ErrorCode#FILE_UNUSABLE},
/// {@link ErrorCode#PERMISSION_DENIED}, {@link ErrorCode#SANDBOX_DISK_FULL}, {@link
/// ErrorCode#FILE_FAILED}; every method may also fail with {@link ErrorCode#INVALID_ARGUMENT} for
/// the path or the user, {@link ErrorCode#WRONG_STATE} when the sandbox does not run, {@link
/// ErrorCode#INCOMPATIBLE_SNAPSHOT} when the agent in its memory is too old, {@link
/// ErrorCode#DEADLINE_EXCEEDED} when the sandbox does nothing for two minutes, or as commands do.
///
/// Where a snapshot is taken while files are written, the source goes on after {@link
/// Sandbox#resume()} as if nothing had been; in a fork a file holds the beginning of what was sent,
/// and nothing goes on.
public interface SandboxFiles {
    /// How much {@link #read(String)} reads at most.
    ByteSize READ_LIMIT = ByteSize.ofMebibytes(64);

    /// The same files as another user, with whose permissions everything is done and to whom new
    /// files belong.
    ///
    /// @param user `user` or `user:group`, by name or number, as the sandbox's own files say
    SandboxFiles as(String user);

    /// All of a file.
    ///
    /// @throws StasisException with {@link ErrorCode#OUTPUT_TOO_LARGE} when it is longer than
    ///   {@link #READ_LIMIT}; read it as a stream
    byte[] read(String path);

    /// All of a file of UTF-8 text; what is none is replaced.
    ///
    /// @throws StasisException as {@link #read(String)}
    default String readText(String path) {
        return new String(read(path), StandardCharsets.UTF_8);
    }

    /// Makes a file, with permissions 0644, or replaces what it holds. A link is followed.
    void write(String path, byte[] bytes);

    /// The same with text in UTF-8.
    default void writeText(String path, String text) {
        write(path, text.getBytes(StandardCharsets.UTF_8));
    }

    /// Writes at the end of a file, which is made if it is missing.
    void append(String path, byte[] bytes);

    /// Reads a file, whatever its size. Whoever opened it closes it; it throws `IOException`s whose
    /// cause is a {@link StasisException}.
    InputStream openRead(String path);

    /// Makes a file or replaces what it holds. Whoever opened it closes it; what was written is in
    /// the file when closing returns. It throws `IOException`s whose cause is a {@link
    /// StasisException}.
    OutputStream openWrite(String path);

    /// Writes at the end of a file, as {@link #openWrite(String)}.
    OutputStream openAppend(String path);

    /// What is at a path; links are followed.
    FileInfo stat(String path);

    /// What is at a path; a link itself.
    FileInfo lstat(String path);

    /// Whether there is something at a path; a link itself.
    boolean exists(String path);

    /// What a folder holds, by name. At most a million entries are kept.
    ///
    /// @throws StasisException with {@link ErrorCode#OUTPUT_TOO_LARGE} when it holds more
    List<FileInfo> list(String path);

    /// Makes a folder with permissions 0755.
    void mkdir(String path);

    /// Makes a folder and those above it that are missing. One that is there is fine.
    void mkdirs(String path);

    /// Removes a file, a link or an empty folder.
    void remove(String path);

    /// Removes a file, a link, or a folder with all it holds; does nothing when it is missing.
    void removeAll(String path);

    /// Gives something another name, in place of a file, a link or an empty folder that has it.
    void rename(String from, String to);

    /// Copies a file, a link or a tree within the sandbox, with permissions, owners, times, links
    /// and holes. Folders that are there already are filled up, files replaced.
    default CopyReport copy(String from, String to) {
        return copyTo(from, this, to);
    }

    /// Makes a symbolic link.
    ///
    /// @param target where it leads to, absolute or from its own folder on
    void symlink(String path, String target);

    /// Gives a file one more name, a hard link.
    ///
    /// @param existing the file
    void link(String path, String existing);

    /// Where a symbolic link leads to.
    String readLink(String path);

    /// The path of what a path leads to, without links, `.` and `..`.
    String realPath(String path);

    /// Changes the permissions; links are followed.
    ///
    /// @param permissions twelve bits, such as `0644`
    void setPermissions(String path, int permissions);

    /// Changes owner and group; a link itself.
    ///
    /// @param user the owner's number
    /// @param group the group's number
    void setOwner(String path, int user, int group);

    /// Changes the times; links are followed.
    void setTimes(String path, Instant accessed, Instant modified);

    /// Copies a file, a link or a tree of this computer into the sandbox, with permissions, times,
    /// links and holes. What is copied has that path afterwards; folders that are there are filled
    /// up, files replaced. When it fails, what was copied before stays.
    ///
    /// @param source links in it are copied as links; if it is one itself, it is followed
    /// @throws StasisException also with {@link ErrorCode#IO_FAILED} when something can't be read
    ///   here
    default CopyReport copyIn(Path source, String path) {
        return copyIn(source, path, c -> {});
    }

    /// The same, and says how.
    CopyReport copyIn(Path source, String path, Consumer<CopyBuilder> settings);

    /// Copies a file, a link or a tree of the sandbox to this computer, with permissions, times,
    /// links and holes. Nothing outside of the target is touched, whatever the sandbox says: links
    /// are made and never followed. What can't be here, such as a socket, is skipped and reported.
    /// When it fails, what was copied before stays.
    ///
    /// @param path links in it are copied as links; if it is one itself, it is followed
    /// @param target has what is copied afterwards; folders that are there are filled up, files
    ///   replaced
    /// @throws StasisException also with {@link ErrorCode#IO_FAILED} when something can't be
    ///   written here, or {@link ErrorCode#DISK_FULL}
    default CopyReport copyOut(String path, Path target) {
        return copyOut(path, target, c -> {});
    }

    /// The same, and says how.
    CopyReport copyOut(String path, Path target, Consumer<CopyBuilder> settings);

    /// Writes a file or a tree of the sandbox as a tar stream, with permissions, owners, times and
    /// links; holes become zeros. Its names begin with that of what is written.
    ///
    /// @param tar flushed at the end and not closed
    /// @throws StasisException also with {@link ErrorCode#IO_FAILED} when the stream fails
    CopyReport exportTar(String path, OutputStream tar, Consumer<CopyBuilder> settings);

    /// Unpacks a tar stream, as it is and not compressed, into a folder that is there. Folders are
    /// filled up, files replaced. Names that lead out of the folder are refused.
    ///
    /// @param tar not closed
    /// @throws StasisException also with {@link ErrorCode#INVALID_ARGUMENT} when it is none
    CopyReport importTar(InputStream tar, String folder, Consumer<CopyBuilder> settings);

    /// Copies a file, a link or a tree to another sandbox, or to another place in this one, with
    /// permissions, owners, times, links and holes.
    ///
    /// @param target the files of a sandbox of the same kind as this one
    default CopyReport copyTo(String path, SandboxFiles target, String targetPath) {
        return copyTo(path, target, targetPath, c -> {});
    }

    /// The same, and says how.
    CopyReport copyTo(
            String path, SandboxFiles target, String targetPath, Consumer<CopyBuilder> settings);
}
