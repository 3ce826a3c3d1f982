package dev.stasis.guest;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.BiConsumer;

/// Gives a command its standard input, in a thread of its own, as fast as the command takes it.
final class StdinPump {
    private static final System.Logger LOG = System.getLogger(StdinPump.class.getName());

    private final StdinChannel stdin;
    private final BiConsumer<String, Throwable> failed;

    /// @param failed told what went wrong when the input could not be read
    StdinPump(StdinChannel stdin, BiConsumer<String, Throwable> failed) {
        this.stdin = stdin;
        this.failed = failed;
    }

    /// Begins, if the input is known: what is piped comes from whoever has the pipe.
    void start(Stdin input) {
        switch (input) {
            case Stdin.None _, Stdin.Piped _ -> {}
            case Stdin.Bytes source ->
                    Thread.ofVirtual().name("agent-stdin").start(() -> pump(source.bytes()));
            // A platform thread: reading some streams, such as this process's own input, would hold
            // up virtual threads.
            case Stdin.From source ->
                    Thread.ofPlatform()
                            .daemon()
                            .name("agent-stdin")
                            .start(() -> pump(source.stream()));
        }
    }

    private void pump(byte[] source) {
        try (stdin) {
            stdin.write(source);
        } catch (IOException e) {
            logEarlyEnd(e);
        }
    }

    /// A command may end without reading all of its input.
    private static void logEarlyEnd(IOException e) {
        LOG.log(System.Logger.Level.TRACE, "input left over by a command", e);
    }

    private void pump(InputStream source) {
        var bytes = new byte[Frame.MAX_PAYLOAD_BYTES];
        while (true) {
            int limit;
            try {
                limit = stdin.awaitCredit();
            } catch (IOException e) {
                logEarlyEnd(e);
                return;
            }
            try {
                int count = source.read(bytes, 0, limit);
                if (count < 0) {
                    stdin.close();
                    return;
                }
                stdin.write(bytes, 0, count);
            } catch (IOException | RuntimeException e) {
                if (!stdin.isOver()) {
                    failed.accept("Reading the command's standard input failed", e);
                }
                return;
            }
        }
    }
}
