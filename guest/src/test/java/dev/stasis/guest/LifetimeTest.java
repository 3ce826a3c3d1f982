package dev.stasis.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.linux.Flock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// How the launcher ends a machine whose time is over. Its machine is a program that sleeps, its
/// guest an agent of this test.
@Timeout(180)
class LifetimeTest {
    private static final int SHUTDOWN = 36;
    private static final int OK = 48;
    private static final byte[] WELCOME = {1, 0, 0, 0, 0, 2, 0, 0}; // feature 9
    private static final long LONG_MILLIS = 60_000;
    private static final String NEVER = "0";

    @TempDir Path folder;
    private SleepingMachine machine;

    @BeforeEach
    void start() throws IOException {
        machine = new SleepingMachine(folder);
        Files.createFile(folder.resolve("work"));
    }

    @AfterEach
    void end() throws Exception {
        machine.close();
    }

    private void limit(String idleMillis, String longestMillis) throws IOException {
        Files.writeString(
                folder.resolve("lifetime"),
                "%s %s 10\n%s\n".formatted(idleMillis, longestMillis, folder.resolve("work")));
        machine.owner().write('L');
        machine.owner().flush();
    }

    private void detach() throws IOException {
        machine.owner().write('D');
        machine.owner().close();
    }

    /// Whether the machine still lives after a while in which it would have ended.
    private boolean livesOn() throws InterruptedException {
        return !machine.launcher().waitFor(2500, TimeUnit.MILLISECONDS);
    }

    @Test
    void theGuestIsAskedBySignalWhenTheTimeOfADetachedMachineIsOver() throws Exception {
        var asked = new AtomicReference<byte[]>();
        try (var _ =
                new FakeAgent(
                        machine.lane(),
                        guest -> {
                            guest.readHello();
                            guest.send(0, 2, WELCOME);
                            var request = guest.read();
                            assertThat(request.type()).isEqualTo(SHUTDOWN);
                            asked.set(request.payload());
                            guest.send(request.stream(), OK, new byte[0]);
                            machine.switchOff();
                        })) {
            limit(NEVER, "1000");
            detach();
            assertThat(machine.awaitEnd()).isEqualTo("max-duration");
        }
        assertThat(asked.get()).containsExactly(0x10, 0x27, 0, 0, 10, 0, 0, 0);
    }

    @Test
    void aGuestThatDoesNotAnswerIsKilled() throws Exception {
        limit("1000", NEVER);
        detach();
        assertThat(machine.awaitEnd()).isEqualTo("idle");
    }

    @Test
    void nothingEndsThatIsInUse() throws Exception {
        var work = held("work");
        limit("1000", NEVER);
        assertThat(livesOn()).isTrue();
        try (var _ = held("lane.7.lock")) {
            work.close();
            assertThat(livesOn()).isTrue();
        }
    }

    private Flock held(String lock) throws IOException {
        return Flock.lock(
                        folder.resolve(lock), Flock.Mode.EXCLUSIVE, Duration.ofMillis(LONG_MILLIS))
                .orElseThrow();
    }

    @Test
    void whoComesAndGoesBetweenTwoLooksIsNoticed() throws Exception {
        limit("4000", NEVER);
        var lanes = new Lanes(folder, folder.resolve("console.log"), 4);
        try (var _ =
                new FakeAgent(
                        folder.resolve("lane.0"),
                        guest -> {
                            guest.readHello();
                            guest.send(0, 2, WELCOME);
                            guest.read();
                        })) {
            var used = folder.resolve("used");
            awaitFile(used);
            var before = Files.getLastModifiedTime(used);
            lanes.control(Duration.ofMillis(LONG_MILLIS)).close();
            assertThat(Files.getLastModifiedTime(used)).isGreaterThan(before);
        }
    }

    private static void awaitFile(Path file) throws Exception {
        for (int tries = 0; !Files.exists(file); tries++) {
            if (tries > LONG_MILLIS) {
                throw new NoSuchFileException("" + file);
            }
            Thread.sleep(1);
        }
    }

    @Test
    void aConnectionAtAPublishedPortIsAUse() throws Exception {
        try (var _ = new Socket(InetAddress.getLoopbackAddress(), machine.port())) {
            limit("1000", NEVER);
            assertThat(livesOn()).isTrue();
        }
    }

    @Test
    void whoTellsItToEndIsObeyedWhileItIsEnding() throws Exception {
        limit(NEVER, "1000");
        assertThat(livesOn()).isTrue(); // since nobody answers who asks it to end
        machine.launcher().destroy();
        assertThat(machine.awaitEnd()).isIn("max-duration", "killed");
    }

    @Test
    void aMachineThatCrashedHasCrashedThoughItsOwnerHungUpAtTheSameMoment() throws Exception {
        machine.signalLauncher("STOP"); // so that both have happened when it looks
        machine.signal("SEGV");
        machine.owner().close();
        machine.signalLauncher("CONT");
        assertThat(machine.awaitEnd()).isEqualTo("signal");
    }
}
