package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.ExecEvent;
import dev.stasis.ExecHandle;
import dev.stasis.StasisException;
import dev.stasis.TerminalSize;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A command in a sandbox on this process's own terminal.
final class TerminalCommand {
    private static final int INPUT_BYTES = 4096;

    private final Session session;
    private final String sandbox;
    private final DetachKeys keys;
    private final AtomicBoolean detached = new AtomicBoolean();

    /// @param sandbox the name of the sandbox, to be told
    TerminalCommand(Session session, String sandbox, List<Byte> keys) {
        this.session = session;
        this.sandbox = sandbox;
        this.keys = new DetachKeys(keys);
    }

    /// Makes the terminal raw, begins the command and stays until it ends or is let go.
    ///
    /// @param begin given the terminal's size
    /// @return the exit code for this process
    int run(Function<TerminalSize, ExecHandle> begin) {
        var command = new AtomicReference<@Nullable ExecHandle>();
        var opened = RawTerminal.open(size -> resize(command.get(), size));
        session.atEnd(opened.raw()::close);
        try (var raw = opened.raw();
                var handle = begin.apply(opened.size())) {
            command.set(handle);
            handle.resize(opened.size());
            int code = run(handle);
            raw.restore();
            tell(handle);
            return code;
        }
    }

    private static void resize(@Nullable ExecHandle command, TerminalSize size) {
        if (command != null) {
            command.resize(size);
        }
    }

    private int run(ExecHandle handle) {
        // A platform thread: reading this process's own input would hold up virtual ones.
        Thread.ofPlatform().daemon().name("terminal-input").start(() -> type(handle));
        try {
            return handle.forEach(event -> show(event)).exitCode();
        } catch (StasisException e) {
            if (detached.get() && e.code() == ErrorCode.WRONG_STATE) {
                return 0;
            }
            throw e;
        }
    }

    private void show(ExecEvent event) {
        try {
            switch (event) {
                case ExecEvent.Stdout(var bytes) -> session.terminal().out().write(bytes);
                case ExecEvent.Stderr(var bytes) -> session.terminal().out().write(bytes);
                case ExecEvent.Started _, ExecEvent.Skipped _, ExecEvent.Exited _ -> {}
            }
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "What the command shows can't be written", e);
        }
    }

    private void type(ExecHandle handle) {
        var bytes = new byte[INPUT_BYTES];
        try {
            var stdin = handle.stdin();
            for (int count; (count = session.terminal().in().read(bytes)) >= 0; ) {
                stdin.write(keys.pass(bytes, count));
                if (keys.complete()) {
                    detached.set(true);
                    handle.detach();
                    return;
                }
            }
            stdin.close();
        } catch (IOException | StasisException e) {
            System.getLogger(TerminalCommand.class.getName())
                    .log(System.Logger.Level.DEBUG, "input that was left over", e);
        }
    }

    private void tell(ExecHandle handle) {
        if (detached.get()) {
            session.say("");
            session.say(
                    "stasis: the command goes on; 'stasis attach %s %s' comes back to it"
                            .formatted(sandbox, handle.id()));
        }
    }
}
