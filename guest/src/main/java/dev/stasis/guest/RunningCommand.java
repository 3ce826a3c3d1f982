package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A command that was started in a guest. Thread-safe. It needs no closing: it ends by itself, by
/// {@link #kill()}, or is left to itself when its connection ends.
public final class RunningCommand implements StartOutcome {
    private final CommandStream stream;
    private final int pid;
    private final long skipped;

    RunningCommand(CommandStream stream, int pid, long skipped) {
        this.stream = stream;
        this.pid = pid;
        this.skipped = skipped;
    }

    /// How many bytes of its output nobody took and the agent did not hold, where it was attached
    /// to.
    public long skipped() {
        return skipped;
    }

    /// Its process id in the guest.
    public int pid() {
        return pid;
    }

    /// Sends a signal to its process group. Does nothing once it has ended.
    ///
    /// @param signal the number of the signal, 1 to 64
    public void signal(int signal) {
        if (signal < 1 || signal > 64) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    signal + " is no signal: give a number from 1 to 64");
        }
        stream.send(stream.signal(signal), "Sending signal " + signal);
    }

    /// Kills it and everything it has started, whatever session or process group that is in.
    public void kill() {
        stream.send(stream.killing(), "Killing a command");
    }

    /// Gives its terminal another size, which tells the programs on it. Does nothing once it has
    /// ended.
    public void resize(Command.Terminal size) {
        stream.send(stream.resizing(size), "Resizing a terminal");
    }

    /// Lets it run on without this host: it can be attached to again. Output that was not taken is
    /// lost. It is waited for with {@link #awaitExit}, whose result is {@link CommandEnd.Detached}
    /// unless the command ended before.
    public void detach() {
        stream.send(stream.detaching(), "Letting a command go");
    }

    /// Its standard input, where it was started with {@link Stdin#piped()}. Writing waits while the
    /// command does not read, and fails once it has ended; closing ends the input.
    public OutputStream stdin() {
        return stream.stdin();
    }

    /// Its standard input, with what only this package uses of it.
    StdinChannel stdinChannel() {
        return stream.stdin();
    }

    /// Tells once why it is over: it ended, or its connection did.
    void onEnd(Consumer<StasisException> told) {
        var _ = stream.ended().whenComplete((end, failure) -> told.accept(reason(end, failure)));
    }

    private static StasisException reason(@Nullable CommandEnd end, @Nullable Throwable failure) {
        if (failure instanceof StasisException typed) {
            return typed;
        }
        return new StasisException(
                ErrorCode.AGENT_FAILED,
                "The guest's process ended ("
                        + end
                        + "): was it killed there, or is the sandbox out of memory?",
                failure);
    }

    /// Waits until it has ended and its output was taken. May be called by several threads and
    /// again.
    ///
    /// @param longest how long to wait
    /// @throws StasisException when taking its output or reading its input failed (the command was
    ///   killed then), or with {@link ErrorCode#AGENT_FAILED} when the connection ended
    public CommandEnd awaitExit(Duration longest) {
        var deadline = Deadline.in(longest);
        try {
            return deadline.await(stream.ended(), "Waiting for the command's end");
        } catch (TimeoutException e) {
            return new CommandEnd.StillRunning(longest, stream.state());
        }
    }
}
