package dev.stasis.guest;

import static dev.stasis.guest.AgentConnectionTest.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class LanesTest {
    private static final Duration SOON = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir Path folder;
    private final ArrayList<FakeAgent> agents = new ArrayList<>();
    private Lanes lanes;

    @BeforeEach
    void serve() throws Exception {
        for (int lane = 0; lane < 3; lane++) {
            agents.add(new FakeAgent(folder.resolve("lane." + lane), new EmittingAgent()));
        }
        lanes = new Lanes(folder, folder.resolve("console.log"), 3);
    }

    @AfterEach
    void end() throws Exception {
        for (FakeAgent agent : agents) {
            agent.close();
        }
    }

    @Test
    void eachHolderGetsALaneOfItsOwnAndTheLastIsRefused() {
        Lane first = lanes.acquire(LONG);
        try (Lane second = lanes.acquire(LONG)) {
            assertThat(first.number()).isEqualTo(1);
            assertThat(second.number()).isEqualTo(2);
            assertFails(
                    ErrorCode.BUSY,
                    "All 2 lanes for commands of the sandbox in "
                            + folder
                            + " were in use for 200 ms",
                    () -> lanes.acquire(SOON));
            first.close();
            first.close();
            try (Lane again = lanes.acquire(LONG)) {
                assertThat(again.number()).isEqualTo(1);
            }
        }
    }

    @Test
    void waitingEndsWhenALaneBecomesFree() throws Exception {
        Lane first = lanes.acquire(LONG);
        try (Lane _ = lanes.acquire(LONG);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Lane> waiting = threads.submit(() -> lanes.acquire(LONG));
            first.close();
            waiting.get().close();
        }
    }

    @Test
    void controlNeedsNoLock() {
        try (Lane _ = lanes.acquire(LONG);
                Lane _ = lanes.acquire(LONG);
                AgentConnection control = lanes.control(LONG)) {
            assertThat(control.isOpen()).isTrue();
        }
    }

    @Test
    void laneWhoseAgentDoesNotAnswerIsGivenBack() throws Exception {
        agents.get(1).close();
        assertFails(ErrorCode.AGENT_FAILED, "lane.1", () -> lanes.acquire(LONG));
        agents.set(1, new FakeAgent(folder.resolve("lane.1"), new EmittingAgent()));
        lanes.acquire(LONG).close();
    }

    @Test
    void runFolderThatIsGoneIsTold() {
        var gone = new Lanes(folder.resolve("gone"), folder.resolve("console.log"), 3);
        assertFails(ErrorCode.IO_FAILED, "did the sandbox end?", () -> gone.acquire(SOON));
        assertFails(ErrorCode.INVALID_ARGUMENT, "at least 2", () -> new Lanes(folder, folder, 1));
    }

    @Test
    void usersShareOneLaneAndTheLastGivesItBack() {
        try (var shared = new SharedLane(lanes)) {
            SharedLane.Use first = shared.use(LONG);
            SharedLane.Use second = shared.use(LONG);
            assertThat(second.connection()).isSameAs(first.connection());
            first.close();
            first.close();
            assertThat(second.connection().isOpen()).isTrue();
            second.close();
            assertThat(second.connection().isOpen()).isFalse();
            try (Lane free = lanes.acquire(LONG);
                    SharedLane.Use again = shared.use(LONG)) {
                assertThat(free.number()).isEqualTo(1);
                assertThat(again.connection().isOpen()).isTrue();
            }
        }
    }

    @Test
    void manyUsersAtOnceOpenOneConnection() throws Exception {
        try (var shared = new SharedLane(lanes);
                SharedLane.Use _ = shared.use(LONG);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 50; i++) {
                threads.execute(() -> shared.use(LONG).close());
            }
        }
        assertThat(agents.get(1).connections()).isEqualTo(1);
        assertThat(agents.get(2).connections()).isZero();
    }

    @Test
    void afterADeadConnectionTheNextUserGetsANewOne() throws Exception {
        try (var shared = new SharedLane(lanes)) {
            SharedLane.Use dead = shared.use(LONG);
            agents.get(1).hangUp();
            while (dead.connection().isOpen()) {
                Thread.onSpinWait();
            }
            try (SharedLane.Use next = shared.use(LONG)) {
                assertThat(next.connection().isOpen()).isTrue();
                dead.close();
                assertThat(next.connection().isOpen()).isTrue();
            }
            lanes.acquire(LONG).close();
        }
    }

    @Test
    void closedLaneCannotBeUsed() {
        var shared = new SharedLane(lanes);
        SharedLane.Use use = shared.use(LONG);
        shared.close();
        shared.close();
        assertThat(use.connection().isOpen()).isFalse();
        use.close();
        assertFails(ErrorCode.WRONG_STATE, "was closed", () -> shared.use(LONG));
        lanes.acquire(LONG).close();
    }
}
