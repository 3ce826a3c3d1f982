package dev.stasis.cli;

import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/// The verbs. Each is made when it is asked for: to look at all of them takes most of a start.
///
/// @param names what they are called, in the order in which they are listed
/// @param make makes one
record Verbs(List<String> names, BiFunction<String, Session, Object> make) {
    private static final Verbs SNAPSHOTS =
            new Verbs(
                    List.of(
                            "ls", "tree", "inspect", "rm", "save", "label", "prune", "verify",
                            "export", "import"),
                    Verbs::ofSnapshots);
    private static final Verbs IMAGES =
            new Verbs(
                    List.of("pull", "load", "save", "ls", "inspect", "rm", "prune"),
                    Verbs::ofImages);
    private static final Verbs ALL =
            new Verbs(
                    List.of(
                            "create",
                            "run",
                            "exec",
                            "shell",
                            "ps",
                            "attach",
                            "cp",
                            "ls",
                            "inspect",
                            "logs",
                            "stats",
                            "snapshot",
                            "resume",
                            "pause",
                            "restore",
                            "resize",
                            "rewind",
                            "stop",
                            "start",
                            "restart",
                            "label",
                            "wait",
                            "ping",
                            "rm",
                            "snapshots",
                            "images",
                            "login",
                            "logout",
                            "check",
                            "doctor",
                            "demo",
                            "completion"),
                    Verbs::of);

    /// The command line with the one verb that these words ask for, or with all when they ask for
    /// none, or for one that has to know the others.
    static CommandLine asked(Session session, String... args) {
        var root = new CommandLine(new RootCommand());
        boolean known = args.length > 0 && ALL.names.contains(args[0]);
        if (!known || args[0].equals("completion")) {
            return ALL.addAll(root, session);
        }
        var group = group(args[0]);
        if (group != null && args.length > 1 && group.names.contains(args[1])) {
            var middle = new CommandLine(ofGroup(args[0]));
            middle.addSubcommand(args[1], group.make.apply(args[1], session));
            return root.addSubcommand(args[0], middle);
        }
        return root.addSubcommand(args[0], ALL.make.apply(args[0], session));
    }

    private CommandLine addAll(CommandLine to, Session session) {
        names.forEach(name -> to.addSubcommand(name, make.apply(name, session)));
        return to;
    }

    private static @Nullable Verbs group(String name) {
        return switch (name) {
            case "snapshots" -> SNAPSHOTS;
            case "images" -> IMAGES;
            default -> null;
        };
    }

    private static Object ofGroup(String name) {
        return name.equals("snapshots") ? new SnapshotsCommand() : new ImagesCommand();
    }

    private static Object of(String name, Session session) {
        return switch (name) {
            case "create" -> new CreateCommand(session);
            case "run" -> commandFollows(new RunCommand(session));
            case "exec" -> commandFollows(new ExecCommand(session));
            case "shell" -> new ShellCommand(session);
            case "ps" -> new PsCommand(session);
            case "attach" -> new AttachCommand(session);
            case "cp" -> new CopyCommand(session);
            case "ls" -> new ListCommand(session);
            case "inspect" -> new InspectCommand(session);
            case "logs" -> new LogsCommand(session);
            case "stats" -> new StatsCommand(session);
            case "snapshot" -> new SnapshotCommand(session);
            case "resume" -> new ResumeCommand(session);
            case "pause" -> new PauseCommand(session);
            case "restore" -> new RestoreCommand(session);
            case "resize" -> new ResizeCommand(session);
            case "rewind" -> new RewindCommand(session);
            case "stop" -> new StopCommand(session);
            case "start" -> new StartCommand(session);
            case "restart" -> new RestartCommand(session);
            case "label" -> new LabelCommand(session);
            case "wait" -> new WaitCommand(session);
            case "ping" -> new PingCommand(session);
            case "rm" -> new RemoveCommand(session);
            case "snapshots" -> SNAPSHOTS.addAll(new CommandLine(new SnapshotsCommand()), session);
            case "images" -> IMAGES.addAll(new CommandLine(new ImagesCommand()), session);
            default -> ofComputer(name, session);
        };
    }

    private static Object ofComputer(String name, Session session) {
        return switch (name) {
            case "login" -> new LoginCommand(session);
            case "logout" -> new LogoutCommand(session);
            case "check" -> new CheckCommand(session);
            case "doctor" -> new DoctorCommand(session);
            case "demo" -> new DemoCommand(session);
            case "completion" -> new CompletionCommand(session);
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static Object ofSnapshots(String name, Session session) {
        return switch (name) {
            case "ls" -> new SnapshotsListCommand(session);
            case "tree" -> new SnapshotsTreeCommand(session);
            case "inspect" -> new SnapshotsInspectCommand(session);
            case "rm" -> new SnapshotsRemoveCommand(session);
            case "save" -> new SnapshotsSaveCommand(session);
            case "label" -> new SnapshotsLabelCommand(session);
            case "prune" -> new SnapshotsPruneCommand(session);
            case "verify" -> new SnapshotsVerifyCommand(session);
            case "export" -> new SnapshotsExportCommand(session);
            case "import" -> new SnapshotsImportCommand(session);
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static Object ofImages(String name, Session session) {
        return switch (name) {
            case "pull" -> new ImagesPullCommand(session);
            case "load" -> new ImagesLoadCommand(session);
            case "save" -> new ImagesSaveCommand(session);
            case "ls" -> new ImagesListCommand(session);
            case "inspect" -> new ImagesInspectCommand(session);
            case "rm" -> new ImagesRemoveCommand(session);
            case "prune" -> new ImagesPruneCommand(session);
            default -> throw new IllegalArgumentException(name);
        };
    }

    /// From the first operand on, words belong to the guest's command.
    private static CommandLine commandFollows(Object verb) {
        return new CommandLine(verb).setStopAtPositional(true);
    }
}
