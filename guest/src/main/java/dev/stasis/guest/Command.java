package dev.stasis.guest;

import dev.stasis.Environment;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What to run in a guest.
///
/// @param arguments the program, looked up in the guest's `PATH` when it has no slash, and its
///   arguments; no text in a command may hold a NUL
/// @param env what it says of the environment, over the sandbox's
/// @param folder the working folder
/// @param makeFolder whether the working folder is made when it is missing
/// @param user `user` or `user:group`, names or numbers as in the guest's `/etc/passwd` and
///   `/etc/group`; null is root
/// @param stdin where its standard input comes from
/// @param extras what agents learned later, and most commands do not need
public record Command(
        List<String> arguments,
        Environment env,
        String folder,
        boolean makeFolder,
        @Nullable String user,
        Stdin stdin,
        Extras extras) {
    /// Checks and copies.
    public Command {
        arguments = List.copyOf(arguments);
        if (arguments.isEmpty()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT, "A command needs a program: none was given");
        }
        arguments.forEach(a -> GuestStrings.check("argument", a));
        GuestStrings.check("working folder", folder);
        if (user != null) {
            GuestStrings.check("user", user);
        }
    }

    /// A command in `/`, without standard input.
    public static Command of(String... arguments) {
        return new Command(
                List.of(arguments), Environment.NONE, "/", false, null, Stdin.none(), Extras.NONE);
    }

    /// The same command with these variables.
    public Command withEnv(Map<String, String> variables) {
        return withEnv(new Environment(variables, Set.of()));
    }

    /// The same command in this environment.
    public Command withEnv(Environment env) {
        return new Command(arguments, env, folder, makeFolder, user, stdin, extras);
    }

    /// The same command in this working folder.
    public Command withFolder(String folder) {
        return new Command(arguments, env, folder, makeFolder, user, stdin, extras);
    }

    /// The same command in this working folder, which is made if it is missing.
    public Command withFolderMade(String folder) {
        return new Command(arguments, env, folder, true, user, stdin, extras);
    }

    /// The same command as this user.
    public Command withUser(String user) {
        return new Command(arguments, env, folder, makeFolder, user, stdin, extras);
    }

    /// The same command with this standard input.
    public Command withStdin(Stdin stdin) {
        return new Command(arguments, env, folder, makeFolder, user, stdin, extras);
    }

    /// The same command with these extras.
    public Command withExtras(Extras extras) {
        return new Command(arguments, env, folder, makeFolder, user, stdin, extras);
    }

    /// A bound on what each of its processes may use.
    ///
    /// @param resource Linux's number of the resource
    /// @param soft where the kernel refuses more, or sends a signal; -1 is no bound
    /// @param hard what a process may raise the soft one to; -1 is no bound
    public record Limit(int resource, long soft, long hard) {}

    /// Whom it needs.
    public enum Life {
        /// Whoever started it: without them it is an orphan.
        WITH_HOST,
        /// Nobody: it is kept.
        KEPT,
        /// Nobody, from its beginning on: it is kept, and let go as soon as it has begun.
        APART
    }

    /// The size of a terminal, in characters.
    ///
    /// @param rows 0 to 65535
    /// @param columns 0 to 65535
    public record Terminal(int rows, int columns) {}

    /// What agents learned later.
    ///
    /// @param id by which it is found: 1 to 64 letters, digits, `.`, `_` and `-`; null lets the
    ///   agent choose one. An agent without {@link Feature#KEPT} is not told
    /// @param life whether it lives on without its host, can be attached to again, and is killed by
    ///   the agent after its timeout
    /// @param timeout after which the agent kills it with all that it started; null is never
    /// @param limits what each of its processes may use
    /// @param terminal the size of the terminal that it gets in place of its three streams; null is
    ///   none
    public record Extras(
            @Nullable String id,
            Life life,
            @Nullable Duration timeout,
            List<Limit> limits,
            @Nullable Terminal terminal) {
        /// None of them.
        public static final Extras NONE = new Extras(null, Life.WITH_HOST, null, List.of(), null);

        /// Copies.
        public Extras {
            limits = List.copyOf(limits);
        }
    }
}
