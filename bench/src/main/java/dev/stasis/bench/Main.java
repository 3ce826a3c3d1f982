package dev.stasis.bench;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;

/// The command of the benchmark.
public final class Main {
    private Main() {}

    /// Runs it and prints the report to standard output.
    ///
    /// @param arguments see {@link Settings#USAGE}
    public static void main(String... arguments) throws IOException, QmpException {
        try {
            var settings = Settings.parse(arguments);
            var bench = new Bench(settings);
            var samples = bench.run();
            var report = new Report(settings, Computer.facts(bench.software()), samples);
            System.out.println(settings.json() ? report.json() : report.table());
        } catch (StasisException e) {
            if (e.code() != ErrorCode.INVALID_ARGUMENT && e.code() != ErrorCode.INVALID_SIZE) {
                throw e;
            }
            System.err.println("bench: " + e.getMessage());
            System.exit(e.code().category().exitCode());
        }
    }
}
