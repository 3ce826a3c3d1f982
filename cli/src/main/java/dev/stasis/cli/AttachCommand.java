package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.ExecEvent;
import dev.stasis.ExecHandle;
import dev.stasis.ExecInfo;
import dev.stasis.StasisException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `stasis attach`.
@Command(
        name = "attach",
        description =
                "Goes on with a command that runs in the background, or learns how it ended;"
                        + " 'stasis ps NAME' lists them. Its latest output comes first. The exit code"
                        + " is the command's.")
final class AttachCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--detach-keys",
            paramLabel = "KEYS",
            defaultValue = DetachKeys.USUAL,
            converter = DetachKeys.Converter.class,
            description =
                    "The keys that let a command on a terminal go: ${DEFAULT-VALUE}; '' for none.")
    List<Byte> detachKeys = List.of();

    @Parameters(index = "0", paramLabel = "NAME", description = "The sandbox.")
    String name = "";

    @Parameters(index = "1", paramLabel = "ID", description = "The command.")
    String id = "";

    AttachCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        try (var sandbox = Lookup.sandbox(session, name)) {
            boolean terminal =
                    sandbox.execs().stream()
                            .filter(each -> each.id().equals(id))
                            .anyMatch(ExecInfo::terminal);
            if (terminal && session.terminal().inIsTerminal()) {
                return new TerminalCommand(session, name, detachKeys).run(_ -> sandbox.attach(id));
            }
            try (var handle = sandbox.attach(id)) {
                Thread.ofPlatform().daemon().name("attach-input").start(() -> type(handle));
                return handle.forEach(this::show).exitCode();
            }
        }
    }

    private void type(ExecHandle handle) {
        try (var stdin = handle.stdin()) {
            session.terminal().in().transferTo(stdin);
        } catch (IOException e) {
            System.getLogger(AttachCommand.class.getName())
                    .log(System.Logger.Level.DEBUG, "input that was left over", e);
        }
    }

    private void show(ExecEvent event) {
        switch (event) {
            case ExecEvent.Stdout(var bytes) -> write(session.terminal().out(), bytes);
            case ExecEvent.Stderr(var bytes) -> write(session.terminal().err(), bytes);
            case ExecEvent.Skipped(long bytes) ->
                    session.say(
                            "stasis: " + bytes + " bytes of earlier output are not there any more");
            case ExecEvent.Started _, ExecEvent.Exited _ -> {}
        }
    }

    private static void write(OutputStream target, byte[] bytes) {
        try {
            target.write(bytes);
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "What the command wrote can't be passed on", e);
        }
    }
}
