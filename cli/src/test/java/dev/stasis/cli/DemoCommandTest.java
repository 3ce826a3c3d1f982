package dev.stasis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import dev.stasis.ExecOutcome;
import dev.stasis.ExecSettings;
import dev.stasis.StasisException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DemoCommandTest {
    private static final String TOKEN = "0123456789ab";

    private final CommandRun cli = new CommandRun();
    private final AtomicInteger count = new AtomicInteger(5);

    @Test
    void theStoryIsToldAndEverythingIsRemoved() {
        cli.stasis.guest = this::counter;

        assertThat(cli.run("demo")).isZero();

        assertThat(cli.out()).contains("token " + TOKEN, "OWN MEMORY", "All as it should be.");
        assertThat(cli.err()).isEmpty();
        assertThat(cli.stasis.sandboxes).isEmpty();
        assertThat(cli.stasis.snapshotNames()).isEmpty();
    }

    @Test
    void aForkThatDoesNotContinueIsAFailure() {
        cli.stasis.guest =
                (sandbox, settings) -> {
                    boolean fork = sandbox.parent.isPresent();
                    return fork && script(settings).contains("count")
                            ? FakeSandbox.say(settings, "ffffffffffff 1\n")
                            : counter(sandbox, settings);
                };

        assertThat(cli.run("demo")).isEqualTo(13);

        assertThat(cli.err()).contains("does not continue").hasLineCount(1);
        assertThat(cli.stasis.sandboxes).isEmpty();
    }

    @Test
    void aFailureOrASignalInTheMiddleLeavesNothing() {
        for (var point : new String[] {"snapshot", "restore", "resume", "saveNamed"}) {
            var run = new CommandRun();
            run.stasis.guest = this::counter;
            run.stasis.fail(point, new StasisException(ErrorCode.MACHINE_FAILED, "It ended"));

            assertThat(run.run("demo")).as(point).isEqualTo(12);

            assertThat(run.stasis.sandboxes).as(point).isEmpty();
            assertThat(run.stasis.snapshotNames()).as(point).isEmpty();
        }
        var session = cli.session();
        cli.stasis.guest =
                (sandbox, settings) -> {
                    if (sandbox.name().endsWith("-back")) {
                        session.abandon();
                        throw new StasisException(ErrorCode.MACHINE_FAILED, "It ended");
                    }
                    return counter(sandbox, settings);
                };

        new StasisCommandLine(session).run("demo");

        assertThat(cli.stasis.sandboxes).isEmpty();
        assertThat(cli.stasis.snapshotNames()).isEmpty();
        assertThat(cli.err()).isEmpty();
    }

    /// Plays the guest's shell as far as the demonstration needs it.
    private ExecOutcome counter(FakeSandbox sandbox, ExecSettings settings) throws IOException {
        String script = script(settings);
        if (script.contains("ROLE")) {
            return FakeSandbox.say(
                    settings,
                    sandbox.env.get("ROLE")
                            + ", "
                            + sandbox.name()
                            + ", "
                            + sandbox.files.getOrDefault("state", "removed")
                            + "\n");
        }
        if (script.startsWith("echo shared")) {
            sandbox.files.put("state", "shared");
        } else if (script.startsWith("rm ")) {
            sandbox.files.remove("state");
        } else if (script.endsWith("cat /dev/shm/count")) {
            return FakeSandbox.say(settings, TOKEN + " " + count.getAndIncrement() + "\n");
        }
        return new ExecOutcome.Exited(0);
    }

    private static String script(ExecSettings settings) {
        return settings.command().getLast();
    }
}
