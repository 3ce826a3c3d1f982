package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import dev.stasis.Stasis;
import dev.stasis.StasisException;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Two processes act on one sandbox at once.
class SeveralProcessesTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    @Test
    void twoProcessesExecAndSnapshotOneSandboxAtOnce() throws Exception {
        try (var base = MACHINES.stasis().create("base", _ -> {});
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var others =
                    IntStream.range(0, 2)
                            .<Callable<String>>mapToObj(n ->
                                    () ->
                                            OtherJvm.run(
                                                    MACHINES.home(),
                                                    ExecTenTimes.class,
                                                    "base",
                                                    "p" + n))
                            .toList();
            var futures = others.stream().map(executor::submit).toList();
            for (int n = 0; n < 3; n++) {
                try (var fork = base.snapshot().restore("fork")) {
                    base.resume();
                    assertThat(Guest.of(fork).sh("hostname")).isEqualTo("fork");
                }
                assertThat(Guest.of(base).sh("hostname")).isEqualTo("base");
            }
            for (var future : futures) {
                assertThat(future.get()).contains("done");
            }
            assertThat(Guest.of(base).sh("sort /root/done | uniq | wc -l")).isEqualTo("20");
        }
    }

    /// What the other processes do.
    static final class ExecTenTimes {
        public static void main(String[] args) {
            try (var stasis = Stasis.open();
                    var sandbox = stasis.sandbox(args[0])) {
                for (int n = 0; n < 10; n++) {
                    String line = args[1] + "-" + n;
                    String seen =
                            retryWhilePaused(() ->
                                    Guest.of(sandbox)
                                            .sh(
                                                    "echo %s >> /root/done; sleep 0.1; echo %s"
                                                            .formatted(line, line)));
                    if (!seen.equals(line)) {
                        throw new AssertionError("wrote " + line + ", read " + seen);
                    }
                }
                System.out.println("done");
            }
        }

        /// Between a snapshot and the resume commands are refused.
        private static String retryWhilePaused(Supplier<String> command) {
            while (true) {
                try {
                    return command.get();
                } catch (StasisException e) {
                    if (e.code() != ErrorCode.WRONG_STATE) {
                        throw e;
                    }
                    Thread.onSpinWait();
                }
            }
        }
    }
}
