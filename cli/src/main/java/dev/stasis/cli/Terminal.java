package dev.stasis.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// The streams and the environment that a command was started with. The streams carry bytes as they
/// are, without buffers.
///
/// @param in standard input
/// @param out standard output: data
/// @param err standard error: talk
/// @param outIsTerminal whether a person reads standard output
/// @param errIsTerminal whether a person reads standard error
/// @param env environment variables
record Terminal(
        InputStream in,
        OutputStream out,
        OutputStream err,
        boolean outIsTerminal,
        boolean errIsTerminal,
        Map<String, String> env) {

    static Terminal ofThisProcess() {
        return new Terminal(
                new FileInputStream(FileDescriptor.in),
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                isTerminal(1),
                isTerminal(2),
                System.getenv());
    }

    /// Whether standard input is a terminal.
    boolean inIsTerminal() {
        return isTerminal(0);
    }

    /// What kind of terminal it is, if that is known.
    Optional<String> type() {
        return Optional.ofNullable(env.get("TERM")).filter(type -> !type.isBlank());
    }

    /// Whether what goes to standard output may be coloured.
    boolean colours() {
        return outIsTerminal
                && env.getOrDefault("NO_COLOR", "").isEmpty()
                && !"dumb".equals(env.get("TERM"));
    }

    /// Whether the user wants to see stack traces and all log lines.
    boolean debug() {
        return isDebug(env);
    }

    static boolean isDebug(Map<String, String> env) {
        return "1".equals(env.get("STASIS_DEBUG"));
    }

    private static boolean isTerminal(int descriptor) {
        try {
            var target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
            return target.startsWith("/dev/pts/")
                    || target.startsWith("/dev/tty")
                    || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }
}
