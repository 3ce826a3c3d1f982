package dev.stasis.cli;

import dev.stasis.ExecBuilder;
import dev.stasis.ExecOutcome;
import dev.stasis.ExecResult;
import dev.stasis.Sandbox;
import dev.stasis.StasisException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/// A command in a sandbox whose streams are those of this process, byte for byte.
final class StreamedCommand {
    /// What a shell reports for a program that wrote to a pipe nobody reads: 128 + SIGPIPE.
    private static final int BROKEN_PIPE = 141;

    private final Terminal terminal;

    StreamedCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /// Runs it without a timeout, unless the settings give one.
    ///
    /// @param words the program and its arguments, with an optional `--` before them
    /// @return the exit code for this process
    int run(Sandbox sandbox, List<String> words, Consumer<ExecBuilder> settings) {
        var command = withoutDelimiter(words);
        var out = new Outlet(terminal.out());
        var err = new Outlet(terminal.err());
        ExecResult result;
        try {
            result =
                    sandbox.exec(builder -> {
                        builder.command(command)
                                .noTimeout()
                                .stdin(terminal.in())
                                .stdout(out)
                                .stderr(err);
                        settings.accept(builder);
                    });
        } catch (StasisException e) {
            if (out.broken || err.broken) {
                return BROKEN_PIPE;
            }
            throw e;
        }
        explain(result.command(), result.outcome());
        return result.outcome().exitCode();
    }

    /// The words without the `--` that may come before them.
    static List<String> withoutDelimiter(List<String> words) {
        boolean delimited = !words.isEmpty() && words.getFirst().equals("--");
        return delimited ? words.subList(1, words.size()) : words;
    }

    /// Says what became of a command where its exit code does not.
    void explain(List<String> command, ExecOutcome outcome) {
        var talk = new PrintStream(terminal.err(), true, StandardCharsets.UTF_8);
        switch (outcome) {
            case ExecOutcome.OutOfMemory() ->
                    talk.println(
                            "stasis: '"
                                    + command.getFirst()
                                    + "' was killed: the sandbox's memory ran out");
            case ExecOutcome.NotStarted(var _, String reason) ->
                    talk.println(
                            "stasis: '" + command.getFirst() + "' could not be started: " + reason);
            case ExecOutcome.TimedOut(var timeout) ->
                    talk.println(
                            "stasis: '"
                                    + command.getFirst()
                                    + "' was killed after its timeout of "
                                    + timeout.toMillis()
                                    + " ms");
            case ExecOutcome.Exited _, ExecOutcome.Signaled _ -> {}
        }
    }

    /// Notes when nobody reads any more.
    private static final class Outlet extends OutputStream {
        private final OutputStream target;
        private volatile boolean broken;

        Outlet(OutputStream target) {
            this.target = target;
        }

        @Override
        public void write(int oneByte) throws IOException {
            write(new byte[] {(byte) oneByte}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            try {
                target.write(bytes, from, count);
            } catch (IOException e) {
                broken = true;
                throw e;
            }
        }

        @Override
        public void flush() throws IOException {
            target.flush();
        }
    }
}
