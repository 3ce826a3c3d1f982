package dev.stasis.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SamplesTest {
    private final Samples samples = new Samples();

    @Test
    void theMedianIsTheMiddleOrBetweenTheTwoMiddleOnes() {
        add(Arm.STASIS, 30, 10, 20);
        add(Arm.LOADVM, 1, 100, 2, 3);

        assertThat(samples.median(Arm.STASIS, Metric.EXEC)).hasValue(20);
        assertThat(samples.median(Arm.LOADVM, Metric.EXEC)).hasValue(2.5);
    }

    @Test
    void aRatioNeedsBothArms() {
        add(Arm.STASIS, 5);
        assertThat(samples.ratio(Metric.EXEC, Arm.LOADVM)).isEmpty();

        add(Arm.LOADVM, 20);
        assertThat(samples.ratio(Metric.EXEC, Arm.LOADVM)).hasValue(0.25);
    }

    private void add(Arm arm, double... values) {
        for (double value : values) {
            samples.add(arm, Metric.EXEC, value);
        }
    }
}
