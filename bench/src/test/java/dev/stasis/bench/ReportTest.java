package dev.stasis.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.jr.ob.JSON;

class ReportTest {
    private final Samples samples = new Samples();

    @TempDir private Path folder;

    @Test
    void aRatioNeedsBothArms() {
        add(Metric.RESTORE_RUNNING, Arm.COLD, 5, 5, 5);
        assertThat(Ratios.of(samples)).doesNotContainKey("restore.cold.vs_loadvm");

        add(Metric.RESTORE_RUNNING, Arm.LOADVM, 100);
        var ratio = Objects.requireNonNull(Ratios.of(samples).get("restore.cold.vs_loadvm"));

        assertThat(ratio.estimate().value()).isEqualTo(0.05);
        assertThat(ratio.isMet()).isTrue();
    }

    @Test
    void theJsonHasEveryResultWithItsParametersAndTheRatiosAsNumbers() throws IOException {
        add(Metric.RESTORE_RUNNING, Arm.COLD, 3, 1, 2);
        add(Metric.RESTORE_RUNNING, Arm.BARE, 2);

        var json = JSON.std.mapFrom(report().json());

        assertThat(json.get("results"))
                .asInstanceOf(InstanceOfAssertFactories.LIST)
                .first()
                .isEqualTo(
                        Map.of(
                                "metric",
                                "restore.running",
                                "arm",
                                "cold",
                                "parameters",
                                Map.of("memoryMiB", 1024, "inUsePercent", 40, "load", "idle"),
                                "unit",
                                "ms",
                                "n",
                                3,
                                "p50",
                                2.0,
                                "p99",
                                2.98,
                                "min",
                                1.0,
                                "max",
                                3.0));
        assertThat(json.get("ratios"))
                .asInstanceOf(InstanceOfAssertFactories.MAP)
                .containsEntry("restore.cold.vs_bare_qemu", 1.0);
    }

    @Test
    void thePageStandsByItselfAndShowsWhatIsMissed() {
        add(Metric.RESTORE_RUNNING, Arm.COLD, 30);
        add(Metric.RESTORE_RUNNING, Arm.BARE, 10);

        var page = Page.of(report(), null);

        assertThat(page)
                .contains(
                        "<svg",
                        "missed",
                        "a note with &lt;signs&gt;",
                        "Failed: forks: no &lt;room&gt;")
                .doesNotContain("src=", "href=", "NaN");
    }

    @Test
    void aLaterReportIsComparedWithAnEarlierOne() throws IOException {
        add(Metric.RESTORE_RUNNING, Arm.COLD, 30, 30);
        add(Metric.RESTORE_RUNNING, Arm.BARE, 10, 10);
        Files.writeString(folder.resolve("report.json"), report().json());
        var faster = new Samples();
        faster.add(Series.of(Metric.RESTORE_RUNNING, Arm.COLD), 15);
        faster.add(Series.of(Metric.RESTORE_RUNNING, Arm.BARE), 10);

        var comparison = Comparison.with(folder, Ratios.of(faster));

        assertThat(comparison.rows())
                .contains(new Comparison.Row("restore.cold.vs_bare_qemu", 3, 1.5, true));
        assertThat(comparison.table()).contains("restore.cold.vs_bare_qemu").contains("differs");
    }

    @Test
    void aFolderWithoutAReportIsRefused() {
        assertThatThrownBy(() -> Comparison.with(folder, Map.of()))
                .isInstanceOf(StasisException.class)
                .hasMessageContaining("report.json");
    }

    private Report report() {
        return new Report(
                Map.of("cpu", "some"),
                samples,
                Ratios.of(samples),
                List.of("a note with <signs>"),
                List.of("forks: no <room>"),
                List.of());
    }

    private void add(Metric metric, Arm arm, double... values) {
        for (double value : values) {
            samples.add(Series.of(metric, arm), value);
        }
    }
}
