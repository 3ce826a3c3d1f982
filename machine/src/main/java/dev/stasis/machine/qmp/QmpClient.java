package dev.stasis.machine.qmp;

import dev.stasis.machine.qmp.QmpException.Kind;
import dev.stasis.machine.qmp.QmpLines.LineTooLongException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/// A connection to QEMU's monitor. QEMU serves one at a time: a second client waits for its
/// greeting until the first has closed, so a connection is opened for an operation and closed after
/// it.
///
/// One virtual thread reads; callers wait for the answer with their number. When the connection
/// ends, for whatever reason, all that wait fail at once with that reason. Thread-safe.
public final class QmpClient implements AutoCloseable {
    /// A null tells QEMU something, such as that a disk layer has nothing beneath it yet.
    private static final JSON WITH_NULLS = JSON.std.with(JSON.Feature.WRITE_NULL_PROPERTIES);

    private final SocketChannel channel;
    private final QmpTrace trace = new QmpTrace();
    private final AtomicLong numbers = new AtomicLong();
    private final Map<Long, CompletableFuture<Object>> pending = new ConcurrentHashMap<>();
    private final List<Expected> expected = new CopyOnWriteArrayList<>();
    private final CompletableFuture<QmpObject> greeting = new CompletableFuture<>();
    private final AtomicReference<@Nullable QmpException> end = new AtomicReference<>();
    private final ReentrantLock sending = new ReentrantLock();
    private volatile QmpObject version = QmpObject.EMPTY;

    private record Expected(Predicate<QmpEvent> test, CompletableFuture<QmpEvent> future) {}

    private QmpClient(SocketChannel channel) {
        this.channel = channel;
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
            Thread.ofVirtual().name("qmp " + socket).start(client::read);
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

    /// Major, minor and micro number of the QEMU that answers.
    public QmpObject version() {
        return version;
    }

    /// Runs a command.
    ///
    /// @param atMost how long to wait for the answer
    /// @return what QEMU returned: a map, list, text or number
    public Object execute(String command, Map<String, ?> arguments, Duration atMost)
            throws QmpException {
        long number = numbers.incrementAndGet();
        var answer = new CompletableFuture<Object>();
        pending.put(number, answer);
        try {
            send(Map.of("execute", command, "arguments", arguments, "id", number));
            var ended = end.get();
            if (ended != null) {
                answer.completeExceptionally(ended); // unless QEMU has answered and then hung up
            }
            return await(answer, atMost, "an answer to '" + command + "'");
        } finally {
            pending.remove(number);
        }
    }

    /// Begins to look out for an event; do so before whatever causes it.
    ///
    /// @return completes with the first event that fits; wait for it by {@link #await}
    public CompletableFuture<QmpEvent> expect(Predicate<QmpEvent> test) {
        var future = new CompletableFuture<QmpEvent>();
        expected.add(new Expected(test, future));
        var ended = end.get();
        if (ended != null) {
            future.completeExceptionally(ended);
        }
        return future;
    }

    /// Waits for something that this connection brings.
    ///
    /// @param what names it in the error
    public <T> T await(CompletableFuture<T> future, Duration atMost, String what)
            throws QmpException {
        try {
            return future.get(Math.max(0, atMost.toNanos()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw failure(
                    Kind.TIMED_OUT, "no " + what.replaceFirst("^an? ", "") + " in " + show(atMost));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof QmpException known) {
                throw known.here();
            }
            throw new AssertionError("only QMP failures complete these", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure(Kind.INTERRUPTED, "interrupted while waiting for " + what);
        }
    }

    /// Ends the connection; QEMU goes on and serves the next. A second call does nothing.
    @Override
    public void close() {
        finish(failure(Kind.DISCONNECTED, "the connection to QEMU was closed"));
    }

    private static SocketChannel open(Path socket) throws QmpException {
        try {
            return SocketChannel.open(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            throw new QmpException(
                    Kind.DISCONNECTED, "can't connect to " + socket + ": " + e.getMessage(), "");
        }
    }

    private void greet(Duration atMost) throws QmpException {
        var hello =
                await(
                        greeting,
                        atMost,
                        "a greeting of QEMU (it greets one client at a time, and is another one"
                                + " connected?)");
        version = hello.object("QMP").object("version").object("qemu");
    }

    private void send(Map<String, ?> message) {
        String text = WITH_NULLS.asString(message);
        trace.sent(text);
        sending.lock();
        try {
            var bytes = ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            finish(failure(Kind.DISCONNECTED, "QEMU's monitor is gone: " + e));
        } finally {
            sending.unlock();
        }
    }

    /// The reading thread.
    private void read() {
        var lines = new QmpLines(channel);
        try {
            for (var line = lines.next(); line != null; line = lines.next()) {
                trace.received(line);
                receive(line);
            }
            finish(failure(Kind.DISCONNECTED, "QEMU closed its monitor"));
        } catch (LineTooLongException e) {
            finish(
                    failure(
                            Kind.MALFORMED,
                            "QEMU sent a line of more than " + QmpLines.LONGEST + " bytes"));
        } catch (QmpException e) {
            finish(failure(e.kind(), e.description()));
        } catch (IOException e) {
            finish(failure(Kind.DISCONNECTED, "QEMU's monitor is gone: " + e));
        }
    }

    private void receive(String line) throws QmpException {
        if (line.isBlank()) {
            return;
        }
        QmpObject message;
        try {
            message = new QmpObject(JSON.std.mapFrom(line));
        } catch (JacksonException e) {
            throw new QmpException(Kind.MALFORMED, "QEMU sent a line that is no JSON object", "");
        }
        if (message.fields().containsKey("QMP")) {
            greeting.complete(message);
        } else if (message.fields().containsKey("event")) {
            tell(new QmpEvent(message.text("event"), data(message)));
        } else {
            answer(message);
        }
    }

    private static QmpObject data(QmpObject message) throws QmpException {
        return message.optionalObject("data").orElse(QmpObject.EMPTY);
    }

    private void tell(QmpEvent event) {
        expected.removeIf(
                waiting -> waiting.test().test(event) && waiting.future().complete(event));
    }

    private void answer(QmpObject message) throws QmpException {
        if (!message.fields().containsKey("id")) {
            throw new QmpException(Kind.MALFORMED, "QEMU answered to nothing that was asked", "");
        }
        var waiting = pending.get(message.number("id"));
        if (waiting == null) {
            return; // its caller has given up
        }
        var error = message.optionalObject("error");
        if (error.isPresent()) {
            waiting.completeExceptionally(
                    failure(Kind.REFUSED, error.get().optionalText("desc").orElse("no reason")));
        } else {
            var result = message.fields().get("return");
            waiting.complete(result == null ? Map.of() : result);
        }
    }

    /// Ends the connection for the first reason given; all that wait learn it.
    private void finish(QmpException reason) {
        if (!end.compareAndSet(null, reason)) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
        greeting.completeExceptionally(reason);
        pending.values().forEach(waiting -> waiting.completeExceptionally(reason));
        expected.forEach(waiting -> waiting.future().completeExceptionally(reason));
    }

    private QmpException failure(Kind kind, String description) {
        return new QmpException(kind, description, trace.toString());
    }

    private static String show(Duration time) {
        return Math.max(0, time.toMillis()) + " ms";
    }
}
