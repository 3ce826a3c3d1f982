package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;

/// What the guest's error numbers mean for whoever works with its files.
final class FileError {
    private FileError() {}

    /// The failure of an operation.
    ///
    /// @param errno the guest's error number
    /// @param what what was to be done with which path, such as `read /etc/passwd`
    static StasisException of(int errno, String what) {
        ErrorCode code =
                switch (errno) {
                    case 2 -> ErrorCode.FILE_NOT_FOUND;
                    case 1, 13, 30 -> ErrorCode.PERMISSION_DENIED;
                    case 17 -> ErrorCode.FILE_EXISTS;
                    case 20 -> ErrorCode.NOT_A_FOLDER;
                    case 21 -> ErrorCode.IS_A_FOLDER;
                    case 39 -> ErrorCode.FOLDER_NOT_EMPTY;
                    case 28, 122 -> ErrorCode.SANDBOX_DISK_FULL;
                    case 22, 36, 40, 124 -> ErrorCode.FILE_UNUSABLE;
                    default -> ErrorCode.FILE_FAILED;
                };
        return new StasisException(
                code, "Can't " + GuestText.printable(what) + " in the sandbox: " + reason(errno));
    }

    private static String reason(int errno) {
        return switch (errno) {
            case 1 -> "the operation is not permitted; perhaps another user may";
            case 2 -> "there is no such file or folder";
            case 4 -> "it was interrupted";
            case 5 -> "the guest's disk failed (error 5)";
            case 12 -> "the sandbox has no memory left for it";
            case 13 -> "permission is denied; perhaps another user may";
            case 16 -> "it is in use there, or a mount point";
            case 17 -> "something is there already; remove it first";
            case 18 ->
                    "the two places are on different file systems; copy it and remove the source";
            case 20 -> "a part of the path is not a folder";
            case 21 -> "it is a folder";
            case 22 ->
                    "the guest's kernel does not allow it: is one of the places within the other?";
            case 24 -> "too many files are open there";
            case 26 -> "it is a program that runs";
            case 27 -> "it would be larger than a file can be";
            case 28 ->
                    "there is no space left in the sandbox; create it with a larger disk (--disk)";
            case 30 -> "its file system can only be read";
            case 31 -> "it has too many links";
            case 36 -> "a name is too long";
            case 39 -> "the folder is not empty; remove it with all it holds if you mean that";
            case 40 -> "it is a link, or there are too many on the way";
            case 122 -> "the quota is used up";
            case 124 -> "it is neither a file nor a folder, but a pipe, a device or a socket";
            default -> "the guest's error " + errno;
        };
    }
}
