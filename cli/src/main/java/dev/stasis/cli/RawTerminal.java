package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.TerminalSize;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// The user's terminal, raw: every key goes to the program as it is. A child does it, a shell
/// script around `stty`, which gives the terminal its old mode back when its input ends: so that
/// happens even when this process is killed.
final class RawTerminal implements AutoCloseable {
    private static final long ENDING_SECONDS = 5;

    /// Says the size at once and at each change of it, and lives until its input ends.
    private static final String SCRIPT =
            """
            trap '' INT HUP TERM QUIT TTOU TSTP
            saved=$(stty -F /dev/tty -g) || exit 1
            trap 'stty -F /dev/tty size' WINCH
            stty -F /dev/tty raw -echo
            stty -F /dev/tty size
            exec 3<&0
            cat <&3 >/dev/null &
            until wait $!; do :; done
            stty -F /dev/tty "$saved"
            """;

    private final Process keeper;

    private RawTerminal(Process keeper) {
        this.keeper = keeper;
    }

    /// Makes the terminal raw.
    ///
    /// @param onSize told of each further size, on a thread of its own
    /// @return the terminal, with its size at first
    /// @throws StasisException with {@link ErrorCode#WRONG_STATE} when this process has none
    static Opened open(Consumer<TerminalSize> onSize) {
        try {
            var keeper =
                    new ProcessBuilder("/bin/sh", "-c", SCRIPT)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            var raw = new RawTerminal(keeper);
            var sizes = keeper.inputReader(StandardCharsets.US_ASCII);
            var line = sizes.readLine();
            if (line == null) {
                raw.close();
                throw new StasisException(
                        ErrorCode.WRONG_STATE,
                        "This process has no terminal that 'stty' can change: leave the option for"
                                + " one out");
            }
            Thread.ofVirtual().name("terminal-size").start(() -> watch(sizes, onSize));
            return new Opened(raw, size(line));
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.PROGRAM_MISSING, "/bin/sh can't be started for the terminal", e);
        }
    }

    /// A raw terminal.
    ///
    /// @param raw to be closed
    /// @param size its size at first
    record Opened(RawTerminal raw, TerminalSize size) {}

    private static void watch(BufferedReader sizes, Consumer<TerminalSize> onSize) {
        try (sizes) {
            for (var line = sizes.readLine(); line != null; line = sizes.readLine()) {
                onSize.accept(size(line));
            }
        } catch (IOException | StasisException e) {
            System.getLogger(RawTerminal.class.getName())
                    .log(System.Logger.Level.DEBUG, "the terminal's size", e);
        }
    }

    /// What `stty size` says; terminals that know no size say 0 0.
    static TerminalSize size(String line) {
        var numbers = line.strip().split(" ", 2);
        try {
            int rows = Integer.parseInt(numbers[0]);
            int columns = Integer.parseInt(numbers[numbers.length - 1]);
            return rows > 0 && columns > 0 ? new TerminalSize(rows, columns) : TerminalSize.USUAL;
        } catch (NumberFormatException e) {
            return TerminalSize.USUAL;
        }
    }

    /// Gives the terminal its old mode back. A second call does nothing.
    void restore() {
        try {
            keeper.getOutputStream().close();
            if (!keeper.waitFor(ENDING_SECONDS, TimeUnit.SECONDS)) {
                keeper.destroyForcibly();
            }
        } catch (IOException e) {
            keeper.destroy();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        restore();
    }
}
