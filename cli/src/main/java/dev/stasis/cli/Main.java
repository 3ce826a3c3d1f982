package dev.stasis.cli;

import dev.stasis.Stasis;
import dev.stasis.spi.StasisProvider;
import java.util.ServiceLoader;

/// Starts the command line.
public final class Main {
    /// Set to `orderly`, this system property lets the JVM end in its own time: for what writes
    /// something at its end, such as the training of an AOT cache or a flight recording.
    private static final String END = "dev.stasis.end";

    private Main() {}

    /// Runs one command and ends this process with its exit code. What the command made for itself
    /// alone is removed at the end, also after Ctrl-C and SIGTERM.
    ///
    /// @param args the verb, its options and its operands
    public static void main(String[] args) {
        if (args.length == 1 && args[0].equals("--version")) {
            System.out.println(Version.text()); // most of what other verbs load is not needed
            return;
        }
        var session = new Session(Terminal.ofThisProcess(), Stasis::open);
        Runtime.getRuntime().addShutdownHook(new Thread(session::abandon, "clean-up"));
        int code = new StasisCommandLine(session).run(args);
        // After a signal the clean-up is still at work; this waits for it.
        if (session.isOpened()
                && !session.isAbandoned()
                && !"orderly".equals(System.getProperty(END))) {
            ServiceLoader.load(StasisProvider.class)
                    .findFirst()
                    .ifPresent(provider -> provider.endProcess(code));
        }
        System.exit(code);
    }
}
