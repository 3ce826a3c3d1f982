package dev.stasis;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Says which command to run in a sandbox and how. Not thread-safe.
public final class ExecBuilder {
    /// How long a command may run unless something else is said.
    public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(10);

    /// The most bytes kept of each of stdout and stderr unless something else is said.
    public static final ByteSize DEFAULT_OUTPUT_LIMIT = ByteSize.ofMebibytes(64);

    private List<String> command = List.of();
    private final Environment.Builder env = new Environment.Builder();
    private Optional<String> user = Optional.empty();
    private Optional<String> folder = Optional.empty();
    private ExecSettings.Program program = ExecSettings.Program.GIVEN;
    private Optional<Duration> timeout = Optional.of(DEFAULT_TIMEOUT);
    private ByteSize outputLimit = DEFAULT_OUTPUT_LIMIT;
    private Optional<InputStream> stdin = Optional.empty();
    private Optional<OutputStream> stdout = Optional.empty();
    private Optional<OutputStream> stderr = Optional.empty();
    private boolean timeoutSaid;
    private boolean openStdin;
    private Optional<TerminalSize> terminal = Optional.empty();
    private ExecSettings.Life life = ExecSettings.Life.FOREGROUND;
    private final Map<Rlimit, Rlimit.Bounds> limits = new EnumMap<>(Rlimit.class);

    /// Makes an empty one.
    public ExecBuilder() {}

    /// The program, looked up in the guest's `PATH` when it has no slash, and its arguments.
    public ExecBuilder command(String... command) {
        return command(List.of(command));
    }

    /// The program, looked up in the guest's `PATH` when it has no slash, and its arguments.
    public ExecBuilder command(List<String> command) {
        this.command = command;
        return this;
    }

    /// A script for the guest's `/bin/sh`, in place of a command.
    public ExecBuilder shell(String script) {
        return command("/bin/sh", "-c", script);
    }

    /// A variable for this command, over the sandbox's of the same name.
    public ExecBuilder env(String name, String value) {
        env.set(name, value);
        return this;
    }

    /// Takes a variable of the sandbox's away from this command. `PATH` and `HOME` have their
    /// defaults then.
    public ExecBuilder unsetEnv(String name) {
        env.unset(name);
        return this;
    }

    /// Runs the image's own program, as `docker run` does: its entrypoint with the words of {@link
    /// #command} as arguments, or with the image's if none are given.
    public ExecBuilder imageProgram() {
        this.program = ExecSettings.Program.OF_IMAGE;
        return this;
    }

    /// The user: `"USER"` or `"USER:GROUP"`, each a name in the guest's `/etc/passwd` or
    /// `/etc/group`, or a number. With a group it is the only one, else the user has all of theirs.
    /// The image's user unless said otherwise, or else root.
    public ExecBuilder user(String user) {
        this.user = Optional.of(user);
        return this;
    }

    /// The working folder in the guest, absolute; the image's unless said otherwise, or else `/`.
    public ExecBuilder folder(String folder) {
        this.folder = Optional.of(folder);
        return this;
    }

    /// How long the command may run before it is killed with everything it started; {@link
    /// #DEFAULT_TIMEOUT} unless said otherwise, and for ever for one in the background.
    public ExecBuilder timeout(Duration timeout) {
        this.timeoutSaid = true;
        this.timeout = Optional.of(timeout);
        return this;
    }

    /// Lets the command run for as long as it wants.
    public ExecBuilder noTimeout() {
        this.timeoutSaid = true;
        this.timeout = Optional.empty();
        return this;
    }

    /// Bounds what each of its processes may use.
    ///
    /// @param resource what is bounded
    /// @param bound the soft and the hard limit
    public ExecBuilder rlimit(Rlimit resource, long bound) {
        return rlimit(resource, new Rlimit.Bounds(bound, bound));
    }

    /// Bounds what each of its processes may use.
    ///
    /// @param resource what is bounded
    /// @param bounds the soft and the hard limit
    public ExecBuilder rlimit(Rlimit resource, Rlimit.Bounds bounds) {
        limits.put(resource, bounds);
        return this;
    }

    /// Standard input: what is written to {@link ExecHandle#stdin()}. For {@link
    /// Sandbox#execStream} only.
    public ExecBuilder openStdin() {
        this.openStdin = true;
        return this;
    }

    /// Gives the command a terminal of this size in place of its three streams: what it shows comes
    /// as standard output, and what is typed is its standard input, whose end is typed as Ctrl-D.
    /// `TERM` is `xterm-256color` unless said otherwise.
    public ExecBuilder terminal(TerminalSize size) {
        this.terminal = Optional.of(size);
        return this;
    }

    /// Lets the command live on when whoever started it lets it go or ends: it can be found again
    /// by its id and attached to. For {@link Sandbox#execStream} only.
    public ExecBuilder background() {
        this.life = ExecSettings.Life.BACKGROUND;
        return this;
    }

    /// Lets the command run in the background without being attached to it: of its events only
    /// {@link ExecEvent.Started} comes, or {@link ExecEvent.Exited} when it could not be started,
    /// and all that it writes waits for {@link Sandbox#attach}. For {@link Sandbox#execStream}
    /// only.
    public ExecBuilder detached() {
        this.life = ExecSettings.Life.DETACHED;
        return this;
    }

    /// The most bytes kept of each of stdout and stderr; a command that writes more is killed and
    /// {@link ErrorCode#OUTPUT_TOO_LARGE} thrown. {@link #DEFAULT_OUTPUT_LIMIT} unless said
    /// otherwise.
    public ExecBuilder outputLimit(ByteSize limit) {
        this.outputLimit = limit;
        return this;
    }

    /// Standard input: read on a thread of its own until its end or the command's; not closed.
    public ExecBuilder stdin(InputStream stdin) {
        this.stdin = Optional.of(stdin);
        return this;
    }

    /// Standard input: these bytes.
    public ExecBuilder stdin(byte[] stdin) {
        return stdin(new ByteArrayInputStream(stdin.clone()));
    }

    /// Where standard output goes as it comes, instead of into the result. A slow stream slows the
    /// command down; it is not closed.
    public ExecBuilder stdout(OutputStream stdout) {
        this.stdout = Optional.of(stdout);
        return this;
    }

    /// Where standard error goes as it comes, instead of into the result. A slow stream slows the
    /// command down; it is not closed.
    public ExecBuilder stderr(OutputStream stderr) {
        this.stderr = Optional.of(stderr);
        return this;
    }

    /// What was gathered, checked.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when something is wrong or
    ///   missing
    public ExecSettings build() {
        return new ExecSettings(
                command,
                env.build(),
                new ExecSettings.Start(user, folder, program),
                life != ExecSettings.Life.FOREGROUND && !timeoutSaid ? Optional.empty() : timeout,
                outputLimit,
                new ExecSettings.Streams(stdin, stdout, stderr),
                new ExecSettings.Mode(openStdin, terminal, life, limits));
    }
}
