package dev.stasis;

import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What {@link ExecBuilder} gathered.
///
/// @param command the program and its arguments; at least one
/// @param env variables for this command, over the sandbox's
/// @param folder the working folder in the guest
/// @param timeout how long the command may run; none = for ever
/// @param outputLimit the most bytes kept of each of stdout and stderr when they are buffered
/// @param streams where the command's input comes from and its output goes
public record ExecSettings(
        List<String> command,
        Map<String, String> env,
        String folder,
        Optional<Duration> timeout,
        ByteSize outputLimit,
        Streams streams) {
    /// Checks and copies.
    public ExecSettings {
        command = List.copyOf(command);
        env = Map.copyOf(env);
        if (command.isEmpty() || command.getFirst().isEmpty()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT, "A command needs a program: none was given");
        }
        if (!folder.startsWith("/")) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "The working folder '" + folder + "' is not absolute: begin it with /");
        }
        if (timeout.isPresent() && !timeout.get().isPositive()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "The timeout "
                            + timeout.get()
                            + " is not positive: give more time, or none at all");
        }
        env.keySet().forEach(Environment::checkName);
    }

    /// Where a command's input comes from and its output goes.
    ///
    /// @param stdin read to its end on a thread of its own; none = /dev/null
    /// @param stdout given the bytes as they come; none = buffered in the result
    /// @param stderr given the bytes as they come; none = buffered in the result
    public record Streams(
            Optional<InputStream> stdin,
            Optional<OutputStream> stdout,
            Optional<OutputStream> stderr) {}
}
