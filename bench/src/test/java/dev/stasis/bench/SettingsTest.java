package dev.stasis.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.StasisException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    @Test
    void everythingIsMeasuredUnlessSaidOtherwise() {
        var settings = Settings.parse();

        assertThat(settings.extent()).isEqualTo(Extent.full());
        assertThat(Settings.PARTS).allMatch(settings::has);
        assertThat(settings.soak()).isZero();
        assertThat(settings.out()).isNull();
    }

    @Test
    void theOptionsMayComeInAnyOrder() {
        var settings =
                Settings.parse(
                        "--out", "report", "--quick", "--only", "floors,store", "--soak", "0.5");

        assertThat(settings.extent()).isEqualTo(Extent.quick());
        assertThat(settings.has("store")).isTrue();
        assertThat(settings.has("restores")).isFalse();
        assertThat(settings.hasSlow("junit")).isFalse();
        assertThat(settings.soak()).isEqualTo(Duration.ofSeconds(30));
        assertThat(settings.out()).isEqualTo(Path.of("report").toAbsolutePath());
    }

    @Test
    void aQuickRunLeavesOutWhatTakesLongUnlessItIsAskedFor() {
        assertThat(Settings.parse().hasSlow("junit")).isTrue();
        assertThat(Settings.parse("--quick").hasSlow("junit")).isFalse();
        assertThat(Settings.parse("--quick", "--only", "junit").hasSlow("junit")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--soak",
                "--soak 0",
                "--soak long",
                "--soak NaN",
                "--only speed",
                "--speed 9",
                "9"
            })
    void whatIsNoSettingIsRefused(String line) {
        assertThatThrownBy(() -> Settings.parse(line.split(" ", -1)))
                .isInstanceOf(StasisException.class)
                .hasMessageContaining("usage: ./benchmark");
    }
}
