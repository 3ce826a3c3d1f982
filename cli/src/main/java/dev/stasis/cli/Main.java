package dev.stasis.cli;

import dev.stasis.Stasis;
import dev.stasis.spi.StasisProvider;
import java.util.ServiceLoader;

/// Starts the command line.
public final class Main {
    /// Set to `orderly`, this system property lets the JVM end in its own time: for what writes
    /// something at its end, such as a flight recording.
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
        prepare();
        var session = session();
        int code = run(session, args);
        // After a signal the clean-up is still at work; this waits for it.
        if (session.isOpened()
                && !session.isAbandoned()
                && !"orderly".equals(System.getProperty(END))) {
            for (var provider : ServiceLoader.load(StasisProvider.class)) {
                provider.endProcess(code);
            }
        }
        System.exit(code);
    }

    /// Begins to load what opening a home takes, while this thread finds out what is asked for.
    static void prepare() {
        var thread = new Thread(Main::load, "prepare");
        thread.setDaemon(true);
        thread.start();
    }

    private static void load() {
        try {
            for (var provider : ServiceLoader.load(StasisProvider.class)) {
                provider.prepare();
            }
        } catch (RuntimeException | Error e) {
            // What opens the home will meet it again, and says so to whoever asked for that.
        }
    }

    static Session session() {
        return new Session(Terminal.ofThisProcess(), Stasis::open);
    }

    static int run(Session session, String... args) {
        Runtime.getRuntime().addShutdownHook(new Thread(session::abandon, "clean-up"));
        return new StasisCommandLine(session).run(args);
    }
}
