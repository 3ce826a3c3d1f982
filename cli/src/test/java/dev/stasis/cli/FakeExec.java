package dev.stasis.cli;

import dev.stasis.ExecEvent;
import dev.stasis.ExecHandle;
import dev.stasis.ExecOutcome;
import dev.stasis.ExecResult;
import dev.stasis.ExecSettings;
import dev.stasis.TerminalSize;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/// A command of a {@link FakeSandbox} to which happens what a test says.
final class FakeExec implements ExecHandle {
    final ExecSettings settings;
    final ByteArrayOutputStream typed = new ByteArrayOutputStream();
    final List<TerminalSize> sizes = new ArrayList<>();
    volatile boolean detached;
    volatile boolean closed;
    private final String id;
    private final Deque<ExecEvent> events;

    FakeExec(String id, ExecSettings settings, List<ExecEvent> events) {
        this.id = id;
        this.settings = settings;
        this.events = new ArrayDeque<>(events);
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public Optional<ExecEvent> next() {
        return Optional.ofNullable(events.poll());
    }

    @Override
    public Optional<ExecEvent> next(Duration longest) {
        return next();
    }

    @Override
    public ExecOutcome await() {
        return forEach(_ -> {});
    }

    @Override
    public ExecResult collect() {
        return new ExecResult(settings.command(), await(), new byte[0], new byte[0]);
    }

    @Override
    public OutputStream stdin() {
        return typed;
    }

    @Override
    public void signal(int signal) {}

    @Override
    public void kill() {}

    @Override
    public void resize(TerminalSize size) {
        sizes.add(size);
    }

    @Override
    public void detach() {
        detached = true;
    }

    @Override
    public void close() {
        closed = true;
    }
}
