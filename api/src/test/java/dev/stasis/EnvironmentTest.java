package dev.stasis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class EnvironmentTest {
    @Test
    void aLayerSetsAndTakesAwayWhatIsBeneathIt() {
        var layer = new Environment(Map.of("A", "new", "D", "added"), Set.of("B", "NEVER"));

        assertThat(layer.over(Map.of("A", "old", "B", "old", "C", "kept")))
                .isEqualTo(Map.of("A", "new", "C", "kept", "D", "added"));
        assertThat(Environment.NONE.over(Map.of("A", "a"))).isEqualTo(Map.of("A", "a"));
    }

    @Test
    void ofSeveralWordsAboutOneVariableTheLastCounts() {
        assertThat(new RestoreBuilder().env("A", "a").unsetEnv("A").build().env())
                .isEqualTo(new Environment(Map.of(), Set.of("A")));
        assertThat(new ExecBuilder().command("x").unsetEnv("A").env("A", "a").build().env())
                .isEqualTo(new Environment(Map.of("A", "a"), Set.of()));
        assertThat(new SandboxBuilder().unsetEnv("A").build().env().over(Map.of("A", "a")))
                .isEmpty();
    }

    @Test
    void whatNoProcessCanBeGivenIsRefused() {
        assertRefused(() -> new Environment(Map.of("A=B", "c"), Set.of()), "'A=B'");
        assertRefused(() -> new Environment(Map.of("", "c"), Set.of()), "''");
        assertRefused(() -> new Environment(Map.of(), Set.of("A=B")), "'A=B'");
        assertRefused(() -> new Environment(Map.of("A\0", "c"), Set.of()), "'A\\0'");
        assertRefused(() -> new Environment(Map.of("A", "b\0c"), Set.of()), "A has a NUL");
        assertRefused(
                () -> new Environment(Map.of("LONG", "x".repeat(128 << 10)), Set.of()),
                "LONG takes 131077 bytes");
    }

    @Test
    void anEnvironmentThatIsTooLargeIsRefused() {
        var many = new HashMap<String, String>();
        for (int i = 0; i <= Environment.MOST_VARIABLES; i++) {
            many.put("V" + i, "");
        }
        assertRefused(() -> new Environment(many, Set.of()).over(Map.of()), "4097 variables");
        var large = Map.of("A", "é".repeat(60_000), "B", "x".repeat(120_000));
        var larger = new HashMap<>(large);
        large.forEach((name, value) -> larger.put(name + "2", value));
        larger.put("C", "x".repeat(120_000));
        assertThat(new Environment(large, Set.of()).over(Map.of())).hasSize(2);
        assertRefused(() -> new Environment(large, Set.of()).over(larger), "600");
    }

    private static void assertRefused(ThrowingCallable call, String words) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
                .hasMessageContaining(words);
    }
}
