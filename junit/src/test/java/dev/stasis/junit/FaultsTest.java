package dev.stasis.junit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Warm-ups and tests that go wrong. That nothing is left is checked after each.
class FaultsTest {
    @RegisterExtension static final TestHome HOME = new TestHome();

    @BeforeEach
    void forget() {
        Cases.WARMED.set(0);
        Cases.FORKS.clear();
    }

    @Test
    void aWarmupThatThrowsFailsItsClassesAndIsTriedOnce() {
        var results = HOME.run(FaultyCases.WarmupThrows.class, FaultyCases.WarmupThrowsToo.class);

        assertThat(TestHome.failures(results))
                .contains("The warm-up Throwing.warm failed", "no table", "is not tried again");
        results.containerEvents().assertStatistics(counts -> counts.failed(2));
        assertThat(Cases.WARMED).hasValue(1);
        assertThat(HOME.snapshots()).noneMatch(name -> name.contains("throwing"));
    }

    @Test
    void aWarmupThatHangsIsEndedAndSaysWhereItWas() {
        assertThat(TestHome.failures(HOME.run(FaultyCases.WarmupHangs.class)))
                .contains("WarmupHangs.warm did not end within 2 s", "FaultyCases.java:");
    }

    @Test
    void aWarmupThatLeavesTheSandboxStoppedIsToldSo() {
        assertThat(TestHome.failures(HOME.run(FaultyCases.WarmupStops.class)))
                .contains("WarmupStops.warm left its sandbox STOPPED");
    }

    @Test
    void aTestThatTimesOutOrKillsItsSandboxHarmsNoOther() {
        var results = HOME.run(FaultyCases.TestsThatEndBadly.class);

        results.testEvents().assertStatistics(counts -> counts.succeeded(3).failed(1));
        assertThat(TestHome.failures(results)).contains("timed out after 2 seconds");
    }

    @Test
    void whoAsksForASandboxThatIsNotThereIsToldWhatThereIs() {
        assertThat(TestHome.failures(HOME.run(FaultyCases.AsksTooEarly.class)))
                .contains("each test has a fork of its own");
        assertThat(TestHome.failures(HOME.run(FaultyCases.AsksForUnknown.class)))
                .contains("asks for a fork of 'three'", "has [one, two]")
                .contains("'either' of AsksForUnknown.notClear may mean any sandbox");
    }
}
