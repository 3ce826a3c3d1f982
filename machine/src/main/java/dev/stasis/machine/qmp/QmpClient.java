package dev.stasis.machine.qmp;

import dev.stasis.machine.qmp.QmpException.Kind;
import dev.stasis.machine.qmp.QmpSocket.LineTooLongException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/// A connection to QEMU's monitor. QEMU serves one at a time: a second client waits for its
/// greeting until the first has closed, so a connection is opened for an operation and closed after
/// it.
///
/// Whoever waits for something reads what QEMU sends: one thread at a time, others wait until it is
/// done. When the connection has ended, for whatever reason, every call fails with that reason.
/// Thread-safe.
public final class QmpClient implements AutoCloseable {
    /// A null tells QEMU something, such as that a disk layer has nothing beneath it yet.
    private static final JSON WITH_NULLS = JSON.std.with(JSON.Feature.WRITE_NULL_PROPERTIES);

    private final QmpSocket socket;
    private final QmpTrace trace = new QmpTrace();
    private final AtomicReference<@Nullable QmpException> ended = new AtomicReference<>();
    private final ReentrantLock turn = new ReentrantLock();
    private final List<Expected> expected = new CopyOnWriteArrayList<>();
    private long number; // guarded by turn, as all below
    private @Nullable QmpObject version;
    private @Nullable QmpObject answer;

    /// An event that is looked out for, see {@link #expect}.
    public static final class Expected {
        private final Predicate<QmpEvent> test;
        private volatile @Nullable QmpEvent event;

        private Expected(Predicate<QmpEvent> test) {
            this.test = test;
        }
    }

    private QmpClient(QmpSocket socket) {
        this.socket = socket;
    }

    /// Connects and gets ready for commands.
    ///
    /// @param socket QEMU's monitor
    /// @param atMost how long to wait for QEMU to be ready
    public static QmpClient connect(Path socket, Duration atMost) throws QmpException {
        long end = System.nanoTime() + atMost.toNanos();
        var client = new QmpClient(open(socket));
        boolean ready = false;
        try {
            client.greet(atMost);
            client.execute("qmp_capabilities", Map.of(), Duration.ofNanos(end - System.nanoTime()));
            ready = true;
            return client;
        } finally {
            if (!ready) {
                client.close();
            }
        }
    }

    private static QmpSocket open(Path socket) throws QmpException {
        try {
            return QmpSocket.connect(socket);
        } catch (IOException e) {
            throw new QmpException(
                    Kind.DISCONNECTED, "can't connect to " + socket + ": " + e.getMessage(), "");
        }
    }

    private void greet(Duration atMost) throws QmpException {
        var _ =
                inTurn(
                        "a greeting of QEMU (it greets one client at a time, and is another one connected?)",
                        atMost,
                        end -> {
                            receiveUntil(() -> version != null, end);
                            return Objects.requireNonNull(version);
                        });
    }

    /// Major, minor and micro number of the QEMU that answers.
    public QmpObject version() {
        return Objects.requireNonNull(version);
    }

    /// Runs a command.
    ///
    /// @param atMost how long to wait for the answer
    /// @return what QEMU returned: a map, list, text or number
    public Object execute(String command, Map<String, ?> arguments, Duration atMost)
            throws QmpException {
        return inTurn(
                "an answer to '" + command + "'",
                atMost,
                end -> {
                    number++;
                    answer = null;
                    send(Map.of("execute", command, "arguments", arguments, "id", number), end);
                    receiveUntil(() -> answer != null, end);
                    return result(Objects.requireNonNull(answer));
                });
    }

    private Object result(QmpObject answered) throws QmpException {
        var error = answered.optionalObject("error");
        if (error.isPresent()) {
            throw failure(Kind.REFUSED, error.get().optionalText("desc").orElse("no reason"));
        }
        var result = answered.fields().get("return");
        return result == null ? Map.of() : result;
    }

    /// Begins to look out for an event; do so before whatever causes it.
    ///
    /// @return gets the first event that fits; wait for it by {@link #await}
    public Expected expect(Predicate<QmpEvent> test) {
        var wanted = new Expected(test);
        expected.add(wanted);
        return wanted;
    }

    /// Waits for an event.
    ///
    /// @param what names it in the error
    public QmpEvent await(Expected wanted, Duration atMost, String what) throws QmpException {
        return inTurn(
                what,
                atMost,
                end -> {
                    receiveUntil(() -> wanted.event != null, end);
                    return Objects.requireNonNull(wanted.event);
                });
    }

    /// Ends the connection; QEMU goes on and serves the next. A second call does nothing.
    @Override
    public void close() {
        finish(failure(Kind.DISCONNECTED, "the connection to QEMU was closed"));
    }

    /// What one caller does while the others wait.
    ///
    /// @param <T> what comes of it
    @FunctionalInterface
    private interface Turn<T> {
        /// Does it.
        ///
        /// @param end until when, as {@link System#nanoTime} counts
        T take(long end)
                throws QmpException,
                        IOException,
                        LineTooLongException,
                        TimeoutException,
                        InterruptedException;
    }

    private <T> T inTurn(String what, Duration atMost, Turn<T> call) throws QmpException {
        long latest = System.nanoTime() + atMost.toNanos();
        try {
            if (!turn.tryLock(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new TimeoutException();
            }
            try {
                return call.take(latest);
            } finally {
                turn.unlock();
            }
        } catch (TimeoutException e) {
            throw failure(
                    Kind.TIMED_OUT,
                    "no "
                            + what.replaceFirst("^an? ", "")
                            + " in "
                            + Math.max(0, atMost.toMillis())
                            + " ms");
        } catch (InterruptedException | ClosedByInterruptException e) {
            Thread.currentThread().interrupt();
            throw failure(Kind.INTERRUPTED, "interrupted while waiting for " + what);
        } catch (LineTooLongException e) {
            throw finished(
                    failure(
                            Kind.MALFORMED,
                            "QEMU sent a line of more than " + QmpSocket.LONGEST + " bytes"));
        } catch (IOException e) {
            throw finished(failure(Kind.DISCONNECTED, "QEMU's monitor is gone: " + e));
        }
    }

    /// A command that QEMU has taken a part of ends the connection: no other can follow it.
    private void send(Map<String, ?> message, long end)
            throws QmpException, IOException, TimeoutException, InterruptedException {
        requireOpen();
        String text = WITH_NULLS.asString(message);
        trace.sent(text);
        try {
            socket.send(text, end);
        } catch (TimeoutException | InterruptedException e) {
            finish(failure(Kind.DISCONNECTED, "QEMU did not take a command in time"));
            throw e;
        }
    }

    /// Takes what QEMU sends until something has come.
    private void receiveUntil(BooleanSupplier come, long end)
            throws QmpException,
                    IOException,
                    LineTooLongException,
                    TimeoutException,
                    InterruptedException {
        while (!come.getAsBoolean()) {
            requireOpen();
            var line = socket.next(end);
            if (line == null) {
                throw finished(failure(Kind.DISCONNECTED, "QEMU closed its monitor"));
            }
            trace.received(line);
            receive(line);
        }
    }

    private void receive(String line) throws QmpException {
        if (line.isBlank()) {
            return;
        }
        try {
            take(new QmpObject(JSON.std.mapFrom(line)));
        } catch (JacksonException e) {
            throw finished(failure(Kind.MALFORMED, "QEMU sent a line that is no JSON object"));
        } catch (QmpException e) {
            throw finished(failure(e.kind(), e.description()));
        }
    }

    private void take(QmpObject message) throws QmpException {
        if (message.fields().containsKey("QMP")) {
            version = message.object("QMP").object("version").object("qemu");
        } else if (message.fields().containsKey("event")) {
            tell(
                    new QmpEvent(
                            message.text("event"),
                            message.optionalObject("data").orElse(QmpObject.EMPTY)));
        } else if (!message.fields().containsKey("id")) {
            throw failure(Kind.MALFORMED, "QEMU answered to nothing that was asked");
        } else if (message.number("id") == number) { // or its caller has given up
            answer = message;
        }
    }

    private void tell(QmpEvent event) {
        for (var each : expected) {
            if (each.event == null && each.test.test(event)) {
                each.event = event;
            }
        }
        expected.removeIf(each -> each.event != null);
    }

    private void requireOpen() throws QmpException {
        var reason = ended.get();
        if (reason != null) {
            throw reason.here();
        }
    }

    /// Ends the connection for a reason.
    ///
    /// @return the first reason there was
    private QmpException finished(QmpException reason) {
        finish(reason);
        var first = Objects.requireNonNull(ended.get());
        return first == reason ? reason : first.here();
    }

    private void finish(QmpException reason) {
        if (!ended.compareAndSet(null, reason)) {
            return;
        }
        try {
            socket.close();
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }

    private QmpException failure(Kind kind, String description) {
        return new QmpException(kind, description, trace.toString());
    }
}
