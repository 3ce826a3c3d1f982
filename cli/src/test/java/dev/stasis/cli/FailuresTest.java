package dev.stasis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FailuresTest {
    private final CommandRun cli = new CommandRun();

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void theExitCodeIsThatOfTheCategory(ErrorCode code) {
        cli.stasis.fail("create", new StasisException(code, "It went wrong"));

        assertThat(cli.run("create")).isEqualTo(code.category().exitCode()).isBetween(10, 13);
        assertThat(cli.out()).isEmpty();
        assertThat(cli.err()).isEqualTo("stasis: It went wrong\n");
    }

    @Test
    void aMistakeInStasisIsNoStackTraceUnlessAskedFor() {
        cli.stasis.fail("create", new IllegalStateException("oops"));

        assertThat(cli.run("create")).isEqualTo(13);
        assertThat(cli.err()).isEqualTo("stasis: IllegalStateException: oops\n");
        cli.env.put("STASIS_DEBUG", "1");
        cli.run("create");
        assertThat(cli.err()).contains("\tat ");
    }

    @Test
    void theCauseIsToldOnlyWhereItAdds() {
        var cause = new IOException("No space left on device");
        var fresh = new StasisException(ErrorCode.DISK_FULL, "Writing 'x' failed", cause);
        var told =
                new StasisException(
                        ErrorCode.DISK_FULL, "Writing 'x' failed: No space left on device", cause);

        assertThat(Failures.message(fresh))
                .isEqualTo("stasis: Writing 'x' failed (IOException: No space left on device)");
        assertThat(Failures.message(told)).isEqualTo("stasis: " + told.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "frobnicate",
                "create extra",
                "create --cpus many",
                "create --env NOVALUE",
                "create --memory",
                "ls --format xml",
                "rm",
                "restore only-one",
                "snapshots",
                "snapshots frobnicate",
                ""
            })
    void aCommandLineThatIsNotUnderstoodEndsWith2(String line) {
        assertThat(cli.run(line.isEmpty() ? new String[0] : line.split(" ", -1))).isEqualTo(2);
        assertThat(cli.out()).isEmpty();
        assertThat(cli.err()).isNotEmpty().doesNotContain("\tat ");
        assertThat(cli.stasis.calls).doesNotContain("create");
    }

    @ParameterizedTest
    @CsvSource({"--memory,12Q", "--memory,1M", "--cpus,0", "--cpus,65", "--image,''"})
    void valuesThatAreUnderstoodButWrongAreRefused(String option, String value) {
        assertThat(cli.run("create", option, value)).isEqualTo(10);
        assertThat(cli.err()).startsWith("stasis: ").hasLineCount(1);
        assertThat(cli.stasis.sandboxes).isEmpty();
    }

    @Test
    void aMistypedVerbGetsASuggestion() {
        cli.run("snapshto");

        assertThat(cli.err()).contains("Did you mean").contains("snapshot");
    }

    @Test
    void aMistypedOptionGetsASuggestion() {
        assertThat(cli.run("ls", "--fliter", "label=a")).isEqualTo(2);

        assertThat(cli.err()).contains("Did you mean: --filter?");
    }

    @Test
    void versionAndHelpAreData() {
        assertThat(cli.run("--version")).isZero();
        assertThat(cli.out()).startsWith("stasis ");
        assertThat(cli.run("--help")).isZero();
        assertThat(cli.out()).contains("create", "snapshots", "Exit codes");
        assertThat(cli.run("exec", "--help")).isZero();
        assertThat(cli.out()).contains("--timeout");
        assertThat(cli.stasis.calls).isEmpty();
    }
}
