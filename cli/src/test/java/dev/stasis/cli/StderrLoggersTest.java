package dev.stasis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class StderrLoggersTest {
    @Test
    void warningWithoutValuesIsPrintedAsItIs() {
        assertThat(printed(log -> log.log(Level.WARNING, "QEMU's {0} is old")))
                .isEqualTo("stasis: QEMU's {0} is old\n");
    }

    @Test
    void valuesAreFilledIn() {
        assertThat(printed(log -> log.log(Level.WARNING, "{0} is old", "QEMU")))
                .isEqualTo("stasis: QEMU is old\n");
    }

    private static String printed(Consumer<System.Logger> use) {
        var before = System.err;
        var bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            var module = StderrLoggersTest.class.getModule();
            use.accept(new StderrLoggers().getLogger("dev.stasis.test", module));
        } finally {
            System.setErr(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
