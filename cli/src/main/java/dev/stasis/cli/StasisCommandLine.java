package dev.stasis.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/// The verbs, and what becomes of their failures.
final class StasisCommandLine {
    private final Session session;

    StasisCommandLine(Session session) {
        this.session = session;
    }

    /// What understands these words; without any, it has all verbs.
    CommandLine commandLine(String... args) {
        return Verbs.asked(session, args)
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

    /// Runs one command and then ends the session.
    ///
    /// @return the exit code for this process
    int run(String... args) {
        try (session) {
            return commandLine(args).execute(args);
        }
    }

    private int misunderstood(ParameterException problem, String[] args) {
        var verb = problem.getCommandLine();
        session.say("stasis: " + problem.getMessage());
        if (problem instanceof UnmatchedArgumentException unmatched) {
            var meant = meant(unmatched);
            if (!meant.isEmpty()) {
                session.say("Did you mean: " + String.join(", ", meant) + "?");
            }
        }
        String name = verb.getCommandSpec().qualifiedName();
        session.say("'" + name + " --help' says how to use it.");
        return runsCommands(verb) ? Failures.NOT_THE_COMMANDS : CommandLine.ExitCode.USAGE;
    }

    /// What picocli thinks of, which is little where options are concerned.
    private static List<String> meant(UnmatchedArgumentException unmatched) {
        var suggestions = unmatched.getSuggestions();
        if (!suggestions.isEmpty() || !unmatched.isUnknownOption()) {
            return suggestions;
        }
        var word = unmatched.getUnmatched().getFirst().split("=", 2)[0];
        var options = unmatched.getCommandLine().getCommandSpec().optionsMap().keySet();
        return Nearest.of(word, options.stream().filter(name -> name.startsWith("--"))).stream()
                .toList();
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
