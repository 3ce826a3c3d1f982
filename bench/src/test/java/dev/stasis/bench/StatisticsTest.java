package dev.stasis.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatisticsTest {
    private static final List<Double> HUNDRED =
            IntStream.rangeClosed(1, 100).mapToObj(i -> (double) i).toList();

    @Test
    void aQuantileLiesBetweenTwoValues() {
        assertThat(Statistics.quantile(List.of(7.0), Statistics.NEARLY_ALL)).isEqualTo(7);
        assertThat(Statistics.quantile(List.of(1.0, 2.0, 3.0, 10.0), Statistics.MEDIAN))
                .isEqualTo(2.5);
        assertThat(Statistics.quantile(HUNDRED, Statistics.NEARLY_ALL))
                .isCloseTo(99.01, within(1e-9));
    }

    @Test
    void aRatioHasAnIntervalAroundIt() {
        var doubled = HUNDRED.stream().map(value -> 2 * value).toList();

        var ratio = Statistics.ratio(doubled, HUNDRED);

        assertThat(ratio.value()).isEqualTo(2);
        assertThat(ratio.low()).isBetween(1.0, 2.0);
        assertThat(ratio.high()).isBetween(2.0, 4.0);
    }

    @Test
    void equalValuesLeaveNoDoubt() {
        assertThat(Statistics.median(List.of(5.0, 5.0, 5.0)))
                .isEqualTo(new Statistics.Estimate(5, 5, 5));
        assertThat(Statistics.difference(List.of(5.0), List.of(3.0)).value()).isEqualTo(2);
    }
}
