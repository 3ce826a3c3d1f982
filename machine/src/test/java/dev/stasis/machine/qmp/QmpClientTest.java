package dev.stasis.machine.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.machine.qmp.FakeQemu.Behaviour;
import dev.stasis.machine.qmp.QmpException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class QmpClientTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Duration SHORT = Duration.ofMillis(50);

    @TempDir Path folder;

    @Test
    void theVersionIsInTheGreeting() throws Exception {
        talk(
                client -> {
                    client.greet();
                    client.silence();
                },
                qmp -> assertThat(qmp.version().number("minor")).isEqualTo(1));
    }

    @Test
    void answersBetweenEventsAndThoseOfOthersFindTheirCallers() throws Exception {
        talk(
                client -> {
                    client.greet();
                    for (int i = 0; i < 20; i++) {
                        long id = client.next("ask");
                        client.line("{\"event\":\"NOISE\",\"data\":{}}");
                        client.answer(id - 1, "{\"n\":0}");
                        client.answer(id, "{\"n\":" + id + "}");
                    }
                    client.silence();
                },
                qmp -> {
                    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                        var answers = new ArrayList<Future<Long>>();
                        for (int i = 0; i < 20; i++) {
                            Callable<Long> ask =
                                    () ->
                                            QmpObject.of(qmp.execute("ask", Map.of(), LONG))
                                                    .number("n");
                            answers.add(threads.submit(ask));
                        }
                        var seen = new ArrayList<Long>();
                        for (var answer : answers) {
                            seen.add(answer.get());
                        }
                        assertThat(seen).doesNotHaveDuplicates().hasSize(20).doesNotContain(0L);
                    }
                });
    }

    @Test
    void anExpectedEventIsSeenEvenWhenItComesBeforeTheAnswer() throws Exception {
        talk(
                client -> {
                    client.greet();
                    long id = client.next("go");
                    client.line("{\"event\":\"OTHER\"}");
                    client.line("{\"event\":\"DONE\",\"data\":{\"status\":\"completed\"}}");
                    client.answer(id, "{}");
                    client.silence();
                },
                qmp -> {
                    var done = qmp.expect(event -> event.name().equals("DONE"));
                    qmp.execute("go", Map.of(), LONG);
                    assertThat(qmp.await(done, LONG, "the end").data().text("status"))
                            .isEqualTo("completed");
                });
    }

    @Test
    void anErrorOfQemuKeepsWhatWasSentAndReceived() throws Exception {
        talk(
                client -> {
                    client.greet();
                    long id = client.next("bad");
                    client.line(
                            "{\"error\":{\"class\":\"GenericError\",\"desc\":\"No such thing\"},"
                                    + "\"id\":"
                                    + id
                                    + "}");
                    client.silence();
                },
                qmp ->
                        fails(Kind.REFUSED, () -> qmp.execute("bad", Map.of("x", 1), LONG))
                                .withMessageContaining("No such thing")
                                .withMessageContaining("sent {")
                                .withMessageContaining("\"bad\"")
                                .withMessageContaining("received {\"error\""));
    }

    @Test
    void whateverIsNoMessageFailsAllThatWait() throws Exception {
        for (var garbage :
                new String[] {
                    "no json",
                    "[1,2]",
                    "{\"return\":{}}",
                    "{\"event\":7}",
                    "{\"return\":{},\"id\":\"x\"}",
                    "[".repeat(100_000),
                    "{\"a\":".repeat(10_000),
                    "\u0000\u0001\u0002"
                }) {
            talk(
                    client -> {
                        client.greet();
                        client.next("ask");
                        client.line(garbage);
                        client.silence();
                    },
                    qmp -> {
                        var event = qmp.expect(e -> true);
                        fails(Kind.MALFORMED, () -> qmp.execute("ask", Map.of(), LONG));
                        fails(Kind.MALFORMED, () -> qmp.await(event, LONG, "an event"));
                        fails(Kind.MALFORMED, () -> qmp.execute("again", Map.of(), LONG));
                    });
        }
    }

    @Test
    void aLineWithoutAnEndIsGivenUpAtTheLimit() throws Exception {
        talk(
                client -> {
                    client.greet();
                    client.next("ask");
                    var piece = "x".repeat(64 << 10);
                    while (true) {
                        client.say(piece);
                    }
                },
                qmp ->
                        fails(Kind.MALFORMED, () -> qmp.execute("ask", Map.of(), LONG))
                                .withMessageContaining("more than " + QmpSocket.LONGEST));
    }

    @Test
    void aClosedConnectionFailsAllThatWaitAtOnce() throws Exception {
        talk(
                client -> {
                    client.greet();
                    client.next("ask");
                },
                qmp -> {
                    fails(Kind.DISCONNECTED, () -> qmp.execute("ask", Map.of(), LONG));
                    fails(Kind.DISCONNECTED, () -> qmp.execute("again", Map.of(), LONG));
                    fails(
                            Kind.DISCONNECTED,
                            () -> qmp.await(qmp.expect(e -> true), LONG, "an event"));
                });
    }

    @RepeatedTest(20)
    void anAnswerCountsThoughQemuHangsUpAtOnce() throws Exception {
        talk(
                client -> {
                    client.greet();
                    client.answer(client.next("quit"), "{}");
                },
                qmp -> assertThat(qmp.execute("quit", Map.of(), LONG)).isEqualTo(Map.of()));
    }

    @Test
    void silenceEndsAtTheDeadlineAndALateAnswerIsDropped() throws Exception {
        talk(
                client -> {
                    client.greet();
                    long slow = client.next("slow");
                    long next = client.next("next");
                    client.answer(slow, "{\"n\":1}");
                    client.answer(next, "{\"n\":2}");
                    client.silence();
                },
                qmp -> {
                    fails(Kind.TIMED_OUT, () -> qmp.execute("slow", Map.of(), SHORT))
                            .withMessageContaining("no answer to 'slow' in 50 ms");
                    assertThat(QmpObject.of(qmp.execute("next", Map.of(), LONG)).number("n"))
                            .isEqualTo(2);
                });
    }

    @Test
    void aCommandThatQemuDoesNotReadEndsAtTheDeadlineAndTheConnectionWithIt() throws Exception {
        var done = new CountDownLatch(1);
        talk(
                client -> {
                    client.greet();
                    awaitLatch(done);
                },
                qmp -> {
                    var huge = Map.of("x", "y".repeat(8 << 20));
                    fails(Kind.TIMED_OUT, () -> qmp.execute("huge", huge, SHORT));
                    fails(Kind.DISCONNECTED, () -> qmp.execute("next", Map.of(), LONG))
                            .withMessageContaining("did not take a command in time");
                    done.countDown();
                });
    }

    @Test
    void closingEndsTheWaitOfAnotherThread() throws Exception {
        var asked = new CountDownLatch(1);
        talk(
                client -> {
                    client.greet();
                    client.next("ask");
                    asked.countDown();
                    client.silence();
                },
                qmp -> {
                    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                        var waiting =
                                threads.submit(() ->
                                        fails(
                                                Kind.DISCONNECTED,
                                                () -> qmp.execute("ask", Map.of(), LONG)));
                        awaitLatch(asked);
                        qmp.close();
                        waiting.get(30, TimeUnit.SECONDS);
                    }
                });
    }

    private static void awaitLatch(CountDownLatch latch) throws IOException {
        try {
            assertThat(latch.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Test
    void aMissingGreetingSaysThatAnotherClientMayBeConnected() throws Exception {
        try (var fake = new FakeQemu(folder, FakeQemu.Client::silence)) {
            fails(Kind.TIMED_OUT, () -> QmpClient.connect(fake.socket(), SHORT))
                    .withMessageContaining("is another one connected?");
        }
    }

    @Test
    void aMonitorThatIsNotThereIsNamed() {
        fails(Kind.DISCONNECTED, () -> QmpClient.connect(folder.resolve("none"), SHORT))
                .withMessageContaining("none");
    }

    @Test
    void aFieldOfAnotherTypeIsReportedWithWhatWasFound() {
        var object = new QmpObject(Map.of("number", "seven", "object", 1));
        fails(Kind.MALFORMED, () -> object.number("number")).withMessageContaining("seven");
        fails(Kind.MALFORMED, () -> object.object("object"));
        fails(Kind.MALFORMED, () -> object.text("none")).withMessageContaining("nothing");
        fails(Kind.MALFORMED, () -> QmpObject.list("text"));
    }

    private interface Conversation {
        void with(QmpClient qmp) throws Exception;
    }

    private void talk(Behaviour behaviour, Conversation conversation) throws Exception {
        var own = Files.createTempDirectory(folder, "q");
        try (var fake = new FakeQemu(own, behaviour);
                var qmp = QmpClient.connect(fake.socket(), LONG)) {
            conversation.with(qmp);
        }
    }

    private static ThrowableAssertAlternative<QmpException> fails(
            Kind kind, ThrowingCallable call) {
        return assertThatExceptionOfType(QmpException.class)
                .isThrownBy(call)
                .matches(e -> e.kind() == kind, "of kind " + kind);
    }
}
