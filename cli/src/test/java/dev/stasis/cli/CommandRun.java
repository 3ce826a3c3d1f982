package dev.stasis.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/// Runs the command line on a {@link FakeStasis} and keeps what it printed.
final class CommandRun {
    final FakeStasis stasis = new FakeStasis();
    final Map<String, String> env = new HashMap<>();
    InputStream in = new ByteArrayInputStream(new byte[0]);
    boolean onTerminal;
    private ByteArrayOutputStream out = new ByteArrayOutputStream();
    private ByteArrayOutputStream err = new ByteArrayOutputStream();

    int run(String... args) {
        return new StasisCommandLine(session()).run(args);
    }

    Session session() {
        out = new ByteArrayOutputStream();
        err = new ByteArrayOutputStream();
        return new Session(new Terminal(in, out, err, onTerminal, onTerminal, env), () -> stasis);
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    byte[] outBytes() {
        return out.toByteArray();
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
