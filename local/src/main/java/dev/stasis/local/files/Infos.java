package dev.stasis.local.files;

import dev.stasis.FileInfo;
import dev.stasis.FileKind;
import dev.stasis.guest.GuestEntry;
import dev.stasis.guest.GuestFile;
import java.util.Optional;

/// What a guest says of its files, in the words of the API.
final class Infos {
    private Infos() {}

    static FileInfo of(String path, GuestFile file) {
        return of(nameOf(path), file, Optional.empty());
    }

    static FileInfo of(GuestEntry entry) {
        boolean link = entry.file().kind() == GuestFile.Kind.LINK;
        return of(
                entry.name(), entry.file(), link ? Optional.of(entry.target()) : Optional.empty());
    }

    private static FileInfo of(String name, GuestFile file, Optional<String> target) {
        return new FileInfo(
                name,
                kind(file.kind()),
                file.size(),
                file.stored(),
                file.permissions(),
                file.user(),
                file.group(),
                file.modified(),
                file.accessed(),
                file.changed(),
                file.links(),
                file.device(),
                file.inode(),
                target);
    }

    private static FileKind kind(GuestFile.Kind kind) {
        return switch (kind) {
            case FILE -> FileKind.FILE;
            case FOLDER -> FileKind.FOLDER;
            case LINK -> FileKind.LINK;
            case FIFO -> FileKind.FIFO;
            case SOCKET -> FileKind.SOCKET;
            case CHARACTER_DEVICE -> FileKind.CHARACTER_DEVICE;
            case BLOCK_DEVICE -> FileKind.BLOCK_DEVICE;
        };
    }

    private static String nameOf(String path) {
        int end = path.length();
        while (end > 1 && path.charAt(end - 1) == '/') {
            end--;
        }
        int start = path.lastIndexOf('/', end - 1) + 1;
        return start < end ? path.substring(start, end) : "/";
    }
}
