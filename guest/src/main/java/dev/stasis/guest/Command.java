package dev.stasis.guest;

import dev.stasis.Environment;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
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
public record Command(
        List<String> arguments,
        Environment env,
        String folder,
        boolean makeFolder,
        @Nullable String user,
        Stdin stdin) {
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
        return new Command(List.of(arguments), Environment.NONE, "/", false, null, Stdin.none());
    }

    /// The same command with these variables.
    public Command withEnv(Map<String, String> variables) {
        return withEnv(new Environment(variables, Set.of()));
    }

    /// The same command in this environment.
    public Command withEnv(Environment env) {
        return new Command(arguments, env, folder, makeFolder, user, stdin);
    }

    /// The same command in this working folder.
    public Command withFolder(String folder) {
        return new Command(arguments, env, folder, makeFolder, user, stdin);
    }

    /// The same command in this working folder, which is made if it is missing.
    public Command withFolderMade(String folder) {
        return new Command(arguments, env, folder, true, user, stdin);
    }

    /// The same command as this user.
    public Command withUser(String user) {
        return new Command(arguments, env, folder, makeFolder, user, stdin);
    }

    /// The same command with this standard input.
    public Command withStdin(Stdin stdin) {
        return new Command(arguments, env, folder, makeFolder, user, stdin);
    }
}
