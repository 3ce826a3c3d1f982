package dev.stasis.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SandboxedTest {
    @RegisterExtension static final TestHome HOME = new TestHome();

    @BeforeEach
    void forget() {
        Cases.WARMED.set(0);
        Cases.FORKS.clear();
    }

    @Test
    void everyKindOfTestHasAForkOfItsOwnThatIsWarmAndUntouched() {
        var results = HOME.run(Cases.EveryKindOfTest.class, Cases.OneInstance.class);

        assertThat(TestHome.failures(results)).isEmpty();
        results.testEvents().assertStatistics(counts -> counts.started(12).succeeded(12));
        assertThat(Cases.FORKS).hasSize(12);
        assertThat(Cases.WARMED).as("classes with the same warm-up share it").hasValue(1);

        var parallel =
                HOME.run(
                        Map.of(
                                "junit.jupiter.execution.parallel.enabled",
                                "true",
                                "junit.jupiter.execution.parallel.mode.default",
                                "concurrent",
                                "junit.jupiter.execution.parallel.config.strategy",
                                "fixed",
                                "junit.jupiter.execution.parallel.config.fixed.parallelism",
                                "3"),
                        Cases.EveryKindOfTest.class,
                        Cases.OneInstance.class);

        assertThat(TestHome.failures(parallel)).isEmpty();
        assertThat(Cases.FORKS).hasSize(24);
        assertThat(Cases.WARMED).as("the next run finds it").hasValue(1);
    }

    @Test
    void aClassCanHaveSeveralSandboxes() {
        var results = HOME.run(Cases.Several.class);

        assertThat(TestHome.failures(results)).isEmpty();
        results.testEvents().assertStatistics(counts -> counts.succeeded(1));
    }

    @Test
    void aSandboxReachesANetworkWhereThatIsAskedFor() {
        var results = HOME.run(Cases.WithNetwork.class, Cases.WithoutNetwork.class);

        assertThat(TestHome.failures(results)).isEmpty();
        results.testEvents().assertStatistics(counts -> counts.succeeded(3));
    }

    @Test
    void portsArePublishedAndAwaited() {
        var results = HOME.run(Cases.WithPort.class);

        assertThat(TestHome.failures(results)).isEmpty();
        results.testEvents().assertStatistics(counts -> counts.succeeded(2));
    }
}
