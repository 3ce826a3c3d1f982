package dev.stasis.cli;

import dev.stasis.Stasis;

/// Starts the command line.
public final class Main {
    private Main() {}

    /// Runs one command and ends this process with its exit code. What the command made for itself
    /// alone is removed at the end, also after Ctrl-C and SIGTERM.
    ///
    /// @param args the verb, its options and its operands
    public static void main(String[] args) {
        var session = new Session(Terminal.ofThisProcess(), Stasis::open);
        Runtime.getRuntime().addShutdownHook(new Thread(session::abandon, "clean-up"));
        System.exit(new StasisCommandLine(session).run(args));
    }
}
