package dev.stasis.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ByteSize;
import dev.stasis.StasisException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    @Test
    void theDefaultsAreTheGuestThatTheSpecificationSpeaksOf() {
        assertThat(Settings.parse())
                .isEqualTo(
                        new Settings(
                                5,
                                3,
                                ByteSize.ofMebibytes(1024),
                                ByteSize.ofMebibytes(400),
                                ByteSize.ofMebibytes(10),
                                100,
                                Path.of("/var/tmp"),
                                false));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--rounds",
                "--rounds 0",
                "--rounds few",
                "--format xml",
                "--speed 9",
                "rounds 3",
                "--memory much"
            })
    void whatIsNoSettingIsRefused(String line) {
        assertThatThrownBy(() -> Settings.parse(line.split(" ", -1)))
                .isInstanceOf(StasisException.class);
    }
}
