package dev.stasis.local;

import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.api.Test;

class LocalProviderTest {
    @Test
    void preparingNeedsNoHome() {
        assertThatCode(new LocalProvider()::prepare).doesNotThrowAnyException();
    }
}
