package dev.stasis.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Stasis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/// What stays between runs.
class KeptSnapshotsTest {
    private static final Map<String, String> REFRESH = Map.of("stasis.junit.refresh", "true");

    @RegisterExtension static final TestHome HOME = new TestHome();

    @TempDir private Path folder = Path.of("");

    @BeforeEach
    void forget() {
        Cases.WARMED.set(0);
        Cases.FORKS.clear();
    }

    @Test
    void aSnapshotIsRenewedWhenWhatItDependsOnChangesOrOneAsks() throws IOException {
        Files.writeString(FaultyCases.INPUT, "one");
        assertThat(warmedBy(Map.of())).isEqualTo(1);
        assertThat(warmedBy(Map.of())).isZero();
        assertThat(warmedBy(REFRESH)).isEqualTo(1);
        assertThat(warmedBy(Map.of())).isZero();
        Files.writeString(FaultyCases.INPUT, "two");
        assertThat(warmedBy(Map.of())).isEqualTo(1);
        for (String content : List.of("three", "four")) {
            Files.writeString(FaultyCases.INPUT, content);
            assertThat(warmedBy(Map.of())).isEqualTo(1);
        }
        assertThat(HOME.snapshots())
                .filteredOn(name -> name.startsWith("junit-readsinput-sandbox-"))
                .as("the last three are kept")
                .hasSize(3);
    }

    @Test
    void aSnapshotIsKeptForTwoWeeksAndGoesWithAWarmUpAfterThat() throws IOException {
        var before = HOME.snapshots();
        var twoWeeks = Duration.ofDays(14);
        var earliest = Instant.now().plus(twoWeeks);
        Files.writeString(FaultyCases.INPUT, "old");
        assertThat(warmedBy(Map.of())).isEqualTo(1);
        String old =
                HOME.snapshots().stream()
                        .filter(name -> !before.contains(name))
                        .findFirst()
                        .orElseThrow();
        try (var stasis = Stasis.open(HOME.path())) {
            var kept = stasis.snapshot(old);
            assertThat(kept.info().expires().orElseThrow())
                    .isBetween(earliest, Instant.now().plus(twoWeeks));
            // As though they were over.
            kept.saveNamed(old, save -> save.move().keepFor(Duration.ofNanos(1)));
        }
        assertThat(warmedBy(Map.of())).as("it is there until it is pruned").isZero();
        Files.writeString(FaultyCases.INPUT, "new");
        assertThat(warmedBy(Map.of())).isEqualTo(1);
        assertThat(HOME.snapshots()).doesNotContain(old);
    }

    private static int warmedBy(Map<String, String> parameters) {
        Cases.WARMED.set(0);
        var results = HOME.run(parameters, FaultyCases.ReadsInput.class);
        assertThat(TestHome.failures(results)).isEmpty();
        return Cases.WARMED.get();
    }

    @Test
    void aSnapshotThatCanNotBeRestoredIsMadeAnew() throws IOException {
        assertThat(TestHome.failures(HOME.run(Cases.OneInstance.class))).isEmpty();
        try (var stasis = Stasis.open(HOME.path())) {
            for (var each : stasis.snapshots(which -> which.name("junit-warm-*"))) {
                Files.delete(
                        HOME.path().resolve("snapshots").resolve(each.id()).resolve("devices"));
            }
        }

        assertThat(TestHome.failures(HOME.run(Cases.OneInstance.class))).isEmpty();
        assertThat(Cases.WARMED).hasValue(2);
    }

    @Test
    void aFailedTestLeavesItsForkAndTheReportSaysHowToRestoreIt() throws Exception {
        var results = HOME.run(Map.of("stasis.junit.keep", "failed"), FaultyCases.Fails.class);

        results.testEvents().assertStatistics(counts -> counts.succeeded(1).failed(1));
        var said =
                Pattern.compile(
                                "STASIS_HOME=(\\S+) stasis restore (failed-fails-findsabug-\\S+) (\\S+)")
                        .matcher(TestHome.failures(results));
        assertThat(said.find()).as(TestHome.failures(results)).isTrue();
        assertThat(said.group(1)).isEqualTo(HOME.path().toString());
        results.testEvents()
                .reportingEntryPublished()
                .assertThatEvents()
                .as("the command is published, too")
                .hasSize(1);
        String fork = CommandLine.run(folder, said.group()).strip();
        assertThat(fork).isEqualTo(said.group(3)).isEqualTo("failed-findsabug");
        assertThat(HOME.sandboxes()).containsExactly(fork);
        String home = "STASIS_HOME=" + HOME.path() + " stasis ";
        assertThat(CommandLine.run(folder, home + "exec " + fork + " -- cat /dev/shm/state"))
                .isEqualTo("broken\n");
        CommandLine.run(folder, home + "rm -f " + fork);
    }
}
