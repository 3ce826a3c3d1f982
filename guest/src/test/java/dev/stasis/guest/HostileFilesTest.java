package dev.stasis.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.guest.FileSession.Access;
import dev.stasis.guest.FileSession.Links;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A file server that lies.
@Timeout(180)
class HostileFilesTest extends CommandFixture {
    private static final int STDOUT = 21;
    private static final byte[] WITH_FILES = {1, 0, 0, 0, (byte) 0x80, 0, 0, 0};

    /// Answers FILES with STARTED, waits for a request and answers that with these bytes.
    private static FakeAgent.Script answering(byte[] bytes) {
        return s -> {
            s.readHello();
            s.send(0, 2, WITH_FILES);
            int stream = s.readMessage(80).stream();
            s.started(stream, 42);
            s.readMessage(19);
            s.send(stream, STDOUT, bytes);
            s.drain();
        };
    }

    private static byte[] reply(int errno, byte[] body) {
        return bytes(b -> b.putInt(4 + body.length).putInt(errno).put(body));
    }

    private static byte[] bytes(Consumer<ByteBuffer> filler) {
        var buffer = ByteBuffer.allocate(16_000).order(ByteOrder.LITTLE_ENDIAN);
        filler.accept(buffer);
        var bytes = new byte[buffer.flip().remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private static byte[] entry(int mode, String name, String target) {
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        byte[] targetBytes = target.getBytes(StandardCharsets.UTF_8);
        return bytes(b ->
                b.putInt(mode)
                        .put(new byte[GuestFile.BYTES - 4])
                        .putShort((short) nameBytes.length)
                        .put(nameBytes)
                        .putShort((short) targetBytes.length)
                        .put(targetBytes));
    }

    private void assertRefused(byte[] answer, Consumer<FileSession> request) throws Exception {
        with(
                answering(answer),
                connection -> {
                    var session = FileSession.open(connection, null);
                    assertThatThrownBy(() -> request.accept(session))
                            .isInstanceOfSatisfying(
                                    StasisException.class,
                                    e -> assertThat(e.code()).isEqualTo(ErrorCode.AGENT_FAILED));
                    assertThat(session.isIdle()).isFalse();
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "/", "../x", "a/b", "/etc/passwd", "a\0b"})
    void namesThatLeaveTheirFolderAreRefused(String name) throws Exception {
        assertRefused(reply(0, entry(0100644, name, "")), s -> s.nextEntries("/data").await());
    }

    @Test
    void factsThatCannotBeAreRefused() throws Exception {
        byte[] noKind = entry(0, "x", "");
        byte[] noLink = entry(0100644, "x", "/target");
        byte[] longName = entry(0100644, "x".repeat(256), "");
        byte[] negative = entry(0100644, "x", "");
        negative[23] = (byte) 0x80;
        byte[] cut = Arrays.copyOf(entry(0100644, "x", ""), 93);
        for (byte[] each : new byte[][] {noKind, noLink, longName, negative, cut}) {
            assertRefused(reply(0, each), s -> s.nextEntries("/data").await());
        }
        assertRefused(reply(0, new byte[91]), s -> s.stat("/x", Links.FOLLOWED).await());
        assertRefused(reply(0, new byte[10]), s -> s.readLink("/x").await());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 4 + 101, 1 << 20, Integer.MAX_VALUE, -1, Integer.MIN_VALUE})
    void aReplyLongerThanWhatWasAskedForIsRefusedBeforeThereIsRoomForIt(int length)
            throws Exception {
        assertRefused(
                bytes(b -> b.putInt(length).putInt(0).put(new byte[100])),
                s -> s.read(0, 100, "/x").await());
    }

    /// A request that comes just before such a reply would take it for its own, but not each time.
    @Test
    void aReplyThatNobodyAskedForEndsTheSession() throws Exception {
        int replies = 1900;
        byte[] many =
                bytes(b -> {
                    for (int i = 0; i < replies; i++) {
                        b.put(reply(0, new byte[0]));
                    }
                });
        assertRefused(
                many,
                s -> {
                    for (int i = 0; i < replies; i++) {
                        var _ = s.closeFile("/x").await();
                    }
                });
    }

    /// Whatever it answers: a request ends in time, with a result or with a failure that has a
    /// code.
    @Test
    void noiseOfAnyKindIsAResultOrAFailureWithACode() throws Exception {
        var random = new Random(80);
        for (int round = 0; round < 60; round++) {
            byte[] noise = noise(random);
            with(
                    s -> {
                        answering(noise).run(s);
                    },
                    connection -> {
                        var session = FileSession.open(connection, null);
                        Thread.ofVirtual()
                                .start(() -> {
                                    try {
                                        Thread.sleep(30);
                                    } catch (InterruptedException e) {
                                        throw new AssertionError(e);
                                    }
                                    session.kill();
                                });
                        try {
                            session.openFolder("/x");
                            session.nextEntries("/x").await();
                            session.open("/x", EnumSet.of(Access.READ), 0).await();
                            session.read(0, 1000, "/x").await();
                        } catch (StasisException e) {
                            assertThat(e.code()).isNotNull();
                        }
                    });
        }
    }

    private static byte[] noise(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> {
                var bytes = new byte[1 + random.nextInt(300)];
                random.nextBytes(bytes);
                yield bytes;
            }
            case 1 -> {
                byte[] bytes =
                        bytes(b ->
                                b.put(reply(0, new byte[0]))
                                        .put(reply(0, entry(0100644, "name", "")))
                                        .put(reply(0, new byte[GuestFile.BYTES])));
                for (int i = random.nextInt(4); i >= 0; i--) {
                    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                }
                yield bytes;
            }
            default -> reply(random.nextInt(), new byte[random.nextInt(200)]);
        };
    }

    @Test
    void anAgentThatKnowsNoFilesIsNamed() throws Exception {
        with(
                s -> {
                    s.open();
                    s.drain();
                },
                connection ->
                        assertThatThrownBy(() -> FileSession.open(connection, null))
                                .isInstanceOfSatisfying(
                                        StasisException.class,
                                        e ->
                                                assertThat(e.code())
                                                        .isEqualTo(ErrorCode.INCOMPATIBLE_SNAPSHOT))
                                .hasMessageContaining("older Stasis"));
    }
}
