package dev.stasis.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class SystemCallTest {
    @Test
    void functionWithoutArgumentsIgnoresTheWords() {
        try (var arena = Arena.ofConfined()) {
            var pid = SystemCall.named("getpid").number(SystemCall.state(arena));

            assertThat(pid).isEqualTo((int) ProcessHandle.current().pid());
        }
    }

    @Test
    void negativeIntStaysNegativeAndItsErrnoIsRead() {
        try (var arena = Arena.ofConfined()) {
            var state = SystemCall.state(arena);

            assertThat(SystemCall.named("close").number(state, -1)).isEqualTo(-1);
            assertThat(SystemCall.failure("close", "of -1", state))
                    .hasMessage("close of -1: EBADF");
        }
    }

    @Test
    void variadicFunctionGetsItsArgumentsInOrder() {
        try (var arena = Arena.ofConfined()) {
            var state = SystemCall.state(arena);
            var text = arena.allocate(64);
            var format = arena.allocateFrom("%d %ld %d");
            var print = SystemCall.named("snprintf");

            int length = print.number(state, text.address(), 64, format.address(), -1, 1L << 40, 7);

            assertThat(text.getString(0)).isEqualTo("-1 1099511627776 7").hasSize(length);
        }
    }
}
