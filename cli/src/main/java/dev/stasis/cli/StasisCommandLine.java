package dev.stasis.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/// All verbs, and what becomes of their failures.
final class StasisCommandLine {
    private final Session session;
    private final CommandLine commandLine;

    StasisCommandLine(Session session) {
        this.session = session;
        commandLine = new CommandLine(new RootCommand());
        verbs(session).forEach(commandLine::addSubcommand);
        commandLine.addSubcommand(snapshots(session));
        commandLine.addSubcommand(images(session));
        commandLine.addSubcommand(new LoginCommand(session));
        commandLine.addSubcommand(new LogoutCommand(session));
        commandLine.addSubcommand(new CheckCommand(session));
        commandLine.addSubcommand(new DoctorCommand(session));
        commandLine.addSubcommand(new DemoCommand(session));
        commandLine.addSubcommand(new CompletionCommand(session));
        commandLine
                .setOut(new PrintWriter(session.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(session.err(), true, StandardCharsets.UTF_8))
                .setColorScheme(
                        Help.defaultColorScheme(
                                session.terminal().colours() ? Help.Ansi.ON : Help.Ansi.OFF))
                .setUsageHelpAutoWidth(true)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(this::misunderstood)
                .setExecutionExceptionHandler(this::failed);
    }

    /// All of it, with what describes each verb.
    CommandLine commandLine() {
        return commandLine;
    }

    private static CommandLine snapshots(Session session) {
        var snapshots = new CommandLine(new SnapshotsCommand());
        snapshots.addSubcommand(new SnapshotsListCommand(session));
        snapshots.addSubcommand(new SnapshotsTreeCommand(session));
        snapshots.addSubcommand(new SnapshotsInspectCommand(session));
        snapshots.addSubcommand(new SnapshotsRemoveCommand(session));
        snapshots.addSubcommand(new SnapshotsSaveCommand(session));
        snapshots.addSubcommand(new SnapshotsLabelCommand(session));
        snapshots.addSubcommand(new SnapshotsPruneCommand(session));
        snapshots.addSubcommand(new SnapshotsVerifyCommand(session));
        snapshots.addSubcommand(new SnapshotsExportCommand(session));
        snapshots.addSubcommand(new SnapshotsImportCommand(session));
        return snapshots;
    }

    private static CommandLine images(Session session) {
        var images = new CommandLine(new ImagesCommand());
        images.addSubcommand(new ImagesPullCommand(session));
        images.addSubcommand(new ImagesLoadCommand(session));
        images.addSubcommand(new ImagesSaveCommand(session));
        images.addSubcommand(new ImagesListCommand(session));
        images.addSubcommand(new ImagesInspectCommand(session));
        images.addSubcommand(new ImagesRemoveCommand(session));
        images.addSubcommand(new ImagesPruneCommand(session));
        return images;
    }

    private static List<Object> verbs(Session session) {
        return List.of(
                new CreateCommand(session),
                commandFollows(new RunCommand(session)),
                commandFollows(new ExecCommand(session)),
                new ShellCommand(session),
                new PsCommand(session),
                new AttachCommand(session),
                new LogsCommand(session),
                new CopyCommand(session),
                new ListCommand(session),
                new InspectCommand(session),
                new StatsCommand(session),
                new SnapshotCommand(session),
                new ResumeCommand(session),
                new PauseCommand(session),
                new RestoreCommand(session),
                new ResizeCommand(session),
                new RewindCommand(session),
                new StopCommand(session),
                new StartCommand(session),
                new RestartCommand(session),
                new LabelCommand(session),
                new WaitCommand(session),
                new PingCommand(session),
                new RemoveCommand(session));
    }

    /// From the first operand on, words belong to the guest's command.
    private static CommandLine commandFollows(Object verb) {
        return new CommandLine(verb).setStopAtPositional(true);
    }

    /// Runs one command and then ends the session.
    ///
    /// @return the exit code for this process
    int run(String... args) {
        try (session) {
            return commandLine.execute(args);
        }
    }

    private int misunderstood(ParameterException problem, String[] args) {
        var verb = problem.getCommandLine();
        session.say("stasis: " + problem.getMessage());
        if (problem instanceof UnmatchedArgumentException unmatched
                && !unmatched.getSuggestions().isEmpty()) {
            session.say("Did you mean: " + String.join(", ", unmatched.getSuggestions()) + "?");
        }
        String name = verb.getCommandSpec().qualifiedName();
        session.say("'" + name + " --help' says how to use it.");
        return runsCommands(verb) ? Failures.NOT_THE_COMMANDS : CommandLine.ExitCode.USAGE;
    }

    private int failed(Exception failure, CommandLine verb, ParseResult parsed) {
        session.progressEnd();
        session.say(Failures.message(failure));
        if (session.terminal().debug()) {
            session.say(Failures.stackTrace(failure));
        }
        return runsCommands(verb) ? Failures.NOT_THE_COMMANDS : Failures.exitCode(failure);
    }

    private static boolean runsCommands(CommandLine verb) {
        return verb.getCommand() instanceof ExecCommand
                || verb.getCommand() instanceof RunCommand
                || verb.getCommand() instanceof ShellCommand
                || verb.getCommand() instanceof AttachCommand;
    }
}
