package dev.stasis;

import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/// A command that this process started or attached to, whose output comes as events. Output waits
/// in the guest until it is taken: a command whose events nobody takes stands still once it has
/// written some 64 KiB to either output, and this process never holds more than twice that.
///
/// Thread-safe. Whoever was given it closes it.
public interface ExecHandle extends AutoCloseable {
    /// Its id, by which it can be found again in its sandbox.
    String id();

    /// Waits for what happens next.
    ///
    /// @return the next event; none after {@link ExecEvent.Exited}
    /// @throws StasisException as {@link Sandbox#exec(Consumer)}, or with {@link
    ///   ErrorCode#WRONG_STATE} when it was let go by {@link #detach()} or {@link #close()}
    Optional<ExecEvent> next();

    /// Waits for what happens next, but not for ever.
    ///
    /// @param longest how long to wait
    /// @return the next event; none after {@link ExecEvent.Exited}
    /// @throws StasisException as {@link #next()}, or with {@link ErrorCode#DEADLINE_EXCEEDED} when
    ///   nothing happened in time; it can be waited again
    Optional<ExecEvent> next(Duration longest);

    /// Takes all events that are still to come, on the calling thread.
    ///
    /// @return how the command ended
    /// @throws StasisException as {@link #next()}
    default ExecOutcome forEach(Consumer<ExecEvent> action) {
        while (true) {
            var event = next().orElseThrow(() -> ended(id()));
            action.accept(event);
            if (event instanceof ExecEvent.Exited(var outcome)) {
                return outcome;
            }
        }
    }

    /// Waits for its end, and drops the output that still comes.
    ///
    /// @return how the command ended; the same again when it is asked again
    /// @throws StasisException as {@link #next()}
    ExecOutcome await();

    /// Waits for its end, and gathers the output that still comes, up to the limit in its settings.
    ///
    /// @throws StasisException as {@link #next()}, or with {@link ErrorCode#OUTPUT_TOO_LARGE}: the
    ///   command is killed then
    ExecResult collect();

    /// Its standard input, where it was started with {@link ExecBuilder#openStdin()} or has a
    /// terminal. Writing waits while the command does not read, and fails once it has ended.
    /// Closing it ends the input.
    ///
    /// @throws StasisException with {@link ErrorCode#WRONG_STATE} when its input comes from
    ///   elsewhere
    OutputStream stdin();

    /// Sends a signal to its process group. Does nothing once it has ended.
    ///
    /// @param signal the number of the signal, 1 to 64
    void signal(int signal);

    /// Kills it and everything it has started, whatever session or process group that is in.
    void kill();

    /// Gives its terminal another size. Does nothing once it has ended.
    ///
    /// @throws StasisException with {@link ErrorCode#WRONG_STATE} when it has none
    void resize(TerminalSize size);

    /// Lets it run on without this process: it is a background command from then on, and can be
    /// attached to again. Output that was not taken here is lost. Does nothing when it has ended.
    ///
    /// @throws StasisException with {@link ErrorCode#INCOMPATIBLE_SNAPSHOT} when the sandbox's
    ///   agent is too old for that
    void detach();

    /// Lets a background command go, as {@link #detach()}; kills any other one that still runs.
    @Override
    void close();

    private static StasisException ended(String id) {
        return new StasisException(
                ErrorCode.WRONG_STATE, "All events of command " + id + " were taken before");
    }
}
