package dev.stasis.cli;

import dev.stasis.Stasis;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One run of the command line: where it talks, the home it works on once a verb needs it, and what
/// is to be undone at its end. Thread-safe, since a signal ends it on another thread.
final class Session implements AutoCloseable {
    private final Terminal terminal;
    private final Supplier<Stasis> opener;
    private final PrintStream out;
    private final PrintStream err;
    private final LayerDisplay layers;
    private final Deque<Runnable> undo = new ArrayDeque<>();
    private @Nullable Stasis stasis;
    private volatile boolean abandoned;
    private boolean closed;

    Session(Terminal terminal, Supplier<Stasis> opener) {
        this.terminal = terminal;
        this.opener = opener;
        this.out = new PrintStream(terminal.out(), true, StandardCharsets.UTF_8);
        this.err = new PrintStream(terminal.err(), true, StandardCharsets.UTF_8);
        this.layers = new LayerDisplay(err, () -> terminal.errIsTerminal() && !abandoned);
    }

    Terminal terminal() {
        return terminal;
    }

    /// The home that this run works on, opened by the first call.
    synchronized Stasis stasis() {
        if (stasis == null) {
            stasis = opener.get();
        }
        return stasis;
    }

    /// Prints data.
    void print(String line) {
        out.println(line);
    }

    /// Prints talk: what a program that reads the data does not want. Nothing once a signal has
    /// ended this run: what fails then, fails because of it.
    void say(String line) {
        if (!abandoned) {
            err.println(line);
        }
    }

    /// Shows a person what is being done; the next line replaces it.
    void progress(String step) {
        layers.end();
        if (terminal.errIsTerminal() && !abandoned) {
            err.print("\r\033[K" + step + " …");
            err.flush();
        }
    }

    /// Shows a person how far an image is.
    LayerDisplay layers() {
        return layers;
    }

    /// Takes the last progress lines away.
    void progressEnd() {
        layers.end();
        if (terminal.errIsTerminal()) {
            err.print("\r\033[K");
            err.flush();
        }
    }

    PrintStream out() {
        return out;
    }

    PrintStream err() {
        return err;
    }

    /// Has something undone at the end of this run, however it ends: the last first.
    synchronized void atEnd(Runnable action) {
        undo.push(action);
    }

    /// Whether a verb has needed the home.
    synchronized boolean isOpened() {
        return stasis != null;
    }

    /// Whether a signal has ended this run.
    boolean isAbandoned() {
        return abandoned;
    }

    /// Ends this run because of a signal.
    void abandon() {
        abandoned = true;
        close();
    }

    /// Undoes what is to be undone, and removes attached sandboxes. A second call does nothing.
    @Override
    public void close() {
        Stasis open;
        Deque<Runnable> actions;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            open = stasis;
            actions = new ArrayDeque<>(undo);
        }
        actions.forEach(this::attempt);
        if (open != null) {
            attempt(open::close);
        }
    }

    private void attempt(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            say(Failures.message(e));
        }
    }
}
