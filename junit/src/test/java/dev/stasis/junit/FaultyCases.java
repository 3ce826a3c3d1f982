package dev.stasis.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.stasis.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/// Test classes in which something is wrong.
final class FaultyCases {
    /// What a warm-up reads, and where warm-ups of other processes say that they ran.
    static final Path INPUT = Path.of("target", "warmup-input.txt");

    static final String DIARY = "dev.stasis.junit.diary";
    static final String HANGS = "dev.stasis.junit.hangs";

    private FaultyCases() {}

    abstract static class Throwing {
        @Warmup
        static void warm(Sandbox sandbox) {
            Cases.WARMED.incrementAndGet();
            sandbox.exec("sh", "-c", "echo no table >&2; exit 3").orThrow();
        }
    }

    @Sandboxed(memory = "256M")
    static class WarmupThrows extends Throwing {
        @Test
        void never(Sandbox fork) {}
    }

    @Sandboxed(memory = "256M")
    static class WarmupThrowsToo extends Throwing {
        @Test
        void never(Sandbox fork) {}
    }

    @Sandboxed(memory = "256M")
    static class WarmupHangs {
        @Warmup(timeoutSeconds = 2)
        static void warm(Sandbox sandbox) {
            sandbox.exec("sleep", "1000").orThrow();
        }

        @Test
        void never(Sandbox fork) {}
    }

    @Sandboxed(memory = "256M")
    static class WarmupStops {
        @Warmup
        static void warm(Sandbox sandbox) {
            sandbox.stop();
        }

        @Test
        void never(Sandbox fork) {}
    }

    @Sandboxed(image = "no-such-image.tar")
    static class NoImage {
        @Test
        void never(Sandbox fork) {}
    }

    @Sandboxed(memory = "256M")
    @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
    static class TestsThatEndBadly extends Cases.Warm {
        @Test
        @Order(1)
        @Timeout(value = 2, unit = TimeUnit.SECONDS)
        void timesOut(Sandbox fork) {
            fork.exec("sleep", "1000");
        }

        @Test
        @Order(2)
        void removes(Sandbox fork) {
            fork.remove();
        }

        @Test
        @Order(3)
        void stops(Sandbox fork) {
            fork.stop();
        }

        @Test
        @Order(4)
        void stillThere(Sandbox fork) {
            Cases.use(fork);
        }
    }

    @Sandboxed(memory = "256M")
    static class Fails extends Cases.Warm {
        @Test
        void findsABug(Sandbox fork) {
            Cases.sh(fork, "echo broken > /dev/shm/state");
            fail("the order is still there");
        }

        @Test
        void passes(Sandbox fork) {
            Cases.use(fork);
        }
    }

    @Sandboxed(memory = "256M")
    static class ReadsInput {
        @Warmup(inputs = "target/warmup-input.txt")
        static void warm(Sandbox sandbox) throws IOException {
            Cases.WARMED.incrementAndGet();
            Cases.sh(sandbox, "echo " + Files.readString(INPUT) + " > /dev/shm/state");
        }

        @Test
        void isWarm(Sandbox fork) throws IOException {
            assertThat(Cases.sh(fork, "cat /dev/shm/state")).isEqualTo(Files.readString(INPUT));
        }
    }

    /// Run by several processes at once.
    @Sandboxed(memory = "256M")
    static class WarmedOnce {
        @Warmup
        static void warm(Sandbox sandbox) throws IOException {
            Files.writeString(
                    Path.of(System.getProperty(DIARY)),
                    "warmed\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
            Cases.sh(sandbox, "echo warm > /dev/shm/state; echo warm > /root/state");
        }

        @Test
        void isWarm(Sandbox fork) {
            Cases.use(fork);
        }
    }

    /// Its warm-up does not end, where that is said.
    @Sandboxed(memory = "256M")
    static class WarmsUpLong {
        @Warmup
        static void warm(Sandbox sandbox) throws IOException {
            Cases.sh(sandbox, "echo warm > /dev/shm/state; echo warm > /root/state");
            Files.writeString(
                    Path.of(System.getProperty(DIARY)),
                    sandbox.name() + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
            if (Boolean.getBoolean(HANGS)) {
                sandbox.exec("sleep", "1000");
            }
        }

        @Test
        void isWarm(Sandbox fork) {
            Cases.use(fork);
        }
    }

    @Sandboxed(memory = "256M")
    static class Waits extends Cases.Warm {
        @Test
        void forEver(Sandbox fork) throws IOException {
            Files.writeString(Path.of(System.getProperty(DIARY)), fork.name());
            fork.exec("sleep", "1000");
        }
    }

    @Sandboxed
    static class AsksTooEarly {
        @BeforeAll
        static void prepare(Sandbox fork) {}

        @Test
        void never() {}
    }

    @Sandboxed(name = "one")
    @Sandboxed(name = "two")
    static class AsksForUnknown {
        @Test
        void never(@ForkOf("three") Sandbox fork) {}

        @Test
        void notClear(Sandbox either) {}
    }

    @Sandboxed
    @Sandboxed
    static class TwoOfOneName {
        @Test
        void never() {}
    }

    @Sandboxed(env = "ROLE")
    static class NoVariable {
        @Test
        void never() {}
    }

    @Sandboxed
    static class NotStatic {
        @Warmup
        void warm(Sandbox sandbox) {}

        @Test
        void never() {}
    }

    @Sandboxed
    static class TwoWarmups {
        @Warmup
        static void one(Sandbox sandbox) {}

        @Warmup
        static void two(Sandbox sandbox) {}

        @Test
        void never() {}
    }

    @Sandboxed
    static class NoInput {
        @Warmup(inputs = "no-such-file.sql")
        static void warm(Sandbox sandbox) {}

        @Test
        void never() {}
    }
}
