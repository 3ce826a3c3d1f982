package dev.stasis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RehearsalTest {
    @Test
    void thenStandsBetweenTwoCommands() {
        assertThat(Rehearsal.commands("run", "--", "true", "--then", "ls", "--then", "rm", "a"))
                .containsExactly(List.of("run", "--", "true"), List.of("ls"), List.of("rm", "a"));
    }

    @Test
    void noWordsAreNoCommands() {
        assertThat(Rehearsal.commands()).isEmpty();
    }
}
