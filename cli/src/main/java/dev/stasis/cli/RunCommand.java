package dev.stasis.cli;

import dev.stasis.ExecBuilder;
import dev.stasis.Sandbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `stasis run`.
@Command(
        name = "run",
        description =
                "Makes a sandbox, runs one command in it with this terminal's input and output, and"
                        + " removes the sandbox. The exit code is the command's. The first word is"
                        + " the image unless --image or -- comes before it; the others are given to"
                        + " the image's entrypoint, or else are the command. Without any, the"
                        + " image's own command runs.")
final class RunCommand implements Callable<Integer> {
    private final Session session;

    @Mixin SandboxOptions options = new SandboxOptions();

    @Option(
            names = "--entrypoint",
            paramLabel = "PROGRAM",
            description =
                    "Runs this program instead of the image's entrypoint; nothing stands for none.")
    @Nullable String entrypoint;

    @Mixin WhereOptions where = new WhereOptions();

    @Parameters(
            arity = "0..*",
            paramLabel = "[IMAGE] [--] CMD",
            hideParamSyntax = true,
            description = "The image, the program and its arguments; write -- before the program.")
    List<String> words = List.of();

    @Spec @Nullable CommandSpec spec;

    RunCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        boolean imageFirst = !words.isEmpty() && options.image == null && !delimited();
        if (imageFirst) {
            options.image = words.getFirst();
        }
        var rest = imageFirst ? words.subList(1, words.size()) : words;
        var command = StreamedCommand.withoutDelimiter(rest);
        try (Sandbox sandbox = CreateCommand.create(session, options, _ -> {})) {
            return new StreamedCommand(session.terminal())
                    .run(sandbox, command, builder -> apply(builder, command));
        }
    }

    private void apply(ExecBuilder builder, List<String> command) {
        if (entrypoint == null) {
            builder.imageProgram();
        } else if (!entrypoint.isEmpty()) {
            var all = new ArrayList<>(List.of(entrypoint));
            all.addAll(command);
            builder.command(all);
        }
        where.applyTo(builder);
    }

    /// Whether the first word has a `--` before it, which the parser has taken away.
    private boolean delimited() {
        var args = Objects.requireNonNull(spec).commandLine().getParseResult().originalArgs();
        int before = args.size() - words.size() - 1;
        return before >= 0 && args.get(before).equals("--");
    }
}
