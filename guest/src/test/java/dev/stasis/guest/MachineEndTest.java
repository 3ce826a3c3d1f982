package dev.stasis.guest;

import static dev.stasis.guest.AgentConnectionTest.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class MachineEndTest {
    @Test
    void commandsFailAtOnceWhenTheirMachineDies() throws Exception {
        try (var guest = new RealGuest();
                Lane lane = guest.lanes().acquire(RealGuest.LONG)) {
            StartOutcome outcome =
                    lane.connection().start(Command.of("sleep", "1000"), OutputSinks.discard());
            assertThat(outcome).isInstanceOf(RunningCommand.class);
            guest.abandon();
            Instant begin = Instant.now();
            assertFails(
                    ErrorCode.AGENT_FAILED,
                    "did the machine end?",
                    () -> ((RunningCommand) outcome).awaitExit(RealGuest.LONG));
            assertThat(Duration.between(begin, Instant.now())).isLessThan(Duration.ofSeconds(10));
            assertThat(guest.awaitEnd(RealGuest.LONG)).isTrue();
            assertThat(guest.end()).startsWith("owner-gone");
            assertFails(
                    ErrorCode.AGENT_FAILED,
                    "is the machine running?",
                    () -> guest.lanes().control(RealGuest.LONG));
        }
    }
}
