package dev.stasis.examples;

import dev.stasis.ExecOutcome;
import dev.stasis.Stasis;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// Runs commands in a sandbox: buffered and streamed, with input, environment, folder and timeout,
/// and tells their outcomes apart.
public final class RunCommands {
    private RunCommands() {}

    /// Prints what the commands said and how they ended.
    ///
    /// @param args none
    /// @throws IOException when standard output is gone
    public static void main(String[] args) throws IOException {
        // @start region="commands"
        try (var stasis = Stasis.open();
                var sandbox = stasis.create(s -> s.env("GREETING", "hello"))) {
            var greeting = sandbox.exec("sh", "-c", "echo $GREETING from $(hostname)").orThrow();
            System.out.print(greeting.stdout());

            sandbox.exec(e ->
                    e.command("sort", "-r")
                            .folder("/tmp")
                            .env("LC_ALL", "C")
                            .stdin("one\ntwo\nthree\n".getBytes(StandardCharsets.UTF_8))
                            .stdout(System.out)); // as it comes, instead of into the result
            System.out.flush();

            var slow = sandbox.exec(e -> e.command("sleep", "60").timeout(Duration.ofSeconds(1)));
            String end =
                    switch (slow.outcome()) {
                        case ExecOutcome.Exited(int code) -> "ended with " + code;
                        case ExecOutcome.Signaled(int signal) -> "was ended by signal " + signal;
                        case ExecOutcome.TimedOut(var time) -> "was killed after " + time;
                        case ExecOutcome.OutOfMemory() -> "memory ran out";
                        case ExecOutcome.NotStarted(var _, String why) -> "did not start: " + why;
                    };
            System.out.println("sleep " + end);
        }
        // @end
    }
}
