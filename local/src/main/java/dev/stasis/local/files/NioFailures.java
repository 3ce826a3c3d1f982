package dev.stasis.local.files;

import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.function.Supplier;

/// Failures of a sandbox's files as the exceptions that `java.nio.file` has for them.
final class NioFailures {
    private NioFailures() {}

    /// Does something whose failures become the exceptions of `java.nio.file`.
    static <T> T io(String path, Supplier<T> work) throws IOException {
        try {
            return work.get();
        } catch (StasisException e) {
            throw failure(path, e);
        }
    }

    private static IOException failure(String path, StasisException e) {
        IOException failure =
                switch (e.code()) {
                    case FILE_NOT_FOUND -> new NoSuchFileException(path);
                    case FILE_EXISTS -> new FileAlreadyExistsException(path);
                    case FOLDER_NOT_EMPTY -> new DirectoryNotEmptyException(path);
                    case PERMISSION_DENIED -> new AccessDeniedException(path);
                    case NOT_A_FOLDER -> new NotDirectoryException(path);
                    default -> new FileSystemException(path, null, e.getMessage());
                };
        failure.initCause(e);
        return failure;
    }

    /// The same for what has no result.
    static void run(SandboxPath path, Runnable work) throws IOException {
        boolean _ =
                io(
                        path.absolute(),
                        () -> {
                            work.run();
                            return true;
                        });
    }
}
