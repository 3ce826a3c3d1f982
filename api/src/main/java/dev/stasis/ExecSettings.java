package dev.stasis;

import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What {@link ExecBuilder} gathered.
///
/// @param command the program and its arguments; at least one, unless the image's own program runs
/// @param env what it says of the environment, over the sandbox's
/// @param start as whom, where and what
/// @param timeout how long the command may run; none = for ever
/// @param outputLimit the most bytes kept of each of stdout and stderr when they are buffered
/// @param streams where the command's input comes from and its output goes
/// @param mode what only some commands want
public record ExecSettings(
        List<String> command,
        Environment env,
        Start start,
        Optional<Duration> timeout,
        ByteSize outputLimit,
        Streams streams,
        Mode mode) {
    /// What a plain command needs.
    public ExecSettings(
            List<String> command,
            Environment env,
            Start start,
            Optional<Duration> timeout,
            ByteSize outputLimit,
            Streams streams) {
        this(command, env, start, timeout, outputLimit, streams, Mode.PLAIN);
    }

    /// Checks and copies.
    public ExecSettings {
        command = List.copyOf(command);
        boolean needed = start.program() == Program.GIVEN;
        if (needed && (command.isEmpty() || command.getFirst().isEmpty())) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT, "A command needs a program: none was given");
        }
        var folder = start.folder().orElse("/");
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
        if (start.user().filter(user -> user.isEmpty() || user.startsWith(":")).isPresent()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "The user '"
                            + start.user().get()
                            + "' is empty: give USER or USER:GROUP, each a name or a number");
        }
    }

    /// Which program a command is.
    public enum Program {
        /// The one given, with its arguments.
        GIVEN,
        /// The image's own: its entrypoint, with the words given as its arguments or else the
        /// image's.
        OF_IMAGE
    }

    /// How a command begins.
    ///
    /// @param user `USER` or `USER:GROUP`; none = the image's, or else root
    /// @param folder the working folder in the guest; none = the image's, or else `/`
    /// @param program which program
    public record Start(Optional<String> user, Optional<String> folder, Program program) {}

    /// Where a command's input comes from and its output goes.
    ///
    /// @param stdin read to its end on a thread of its own; none = /dev/null
    /// @param stdout given the bytes as they come; none = buffered in the result
    /// @param stderr given the bytes as they come; none = buffered in the result
    public record Streams(
            Optional<InputStream> stdin,
            Optional<OutputStream> stdout,
            Optional<OutputStream> stderr) {}

    /// Whether a command lives on when whoever started it is gone.
    public enum Life {
        /// It needs whoever started it.
        FOREGROUND,
        /// It lives on.
        BACKGROUND,
        /// It lives on, and nobody is attached to it from its beginning on.
        DETACHED
    }

    /// What only some commands want.
    ///
    /// @param openStdin whether its input is what is written to {@link ExecHandle#stdin()}
    /// @param terminal the size of the terminal it gets; none = three streams
    /// @param life whether it lives on when whoever started it is gone
    /// @param limits what each of its processes may use
    public record Mode(
            boolean openStdin,
            Optional<TerminalSize> terminal,
            Life life,
            Map<Rlimit, Rlimit.Bounds> limits) {
        /// A plain command's.
        public static final Mode PLAIN =
                new Mode(false, Optional.empty(), Life.FOREGROUND, Map.of());

        /// Copies.
        public Mode {
            limits = Map.copyOf(limits);
        }
    }
}
