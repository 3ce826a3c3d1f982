package dev.stasis.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/// Runs in JVMs of their own: with the oldest JUnit, two at once, one that is killed.
class OtherJvmsTest {
    @RegisterExtension static final TestHome HOME = new TestHome();

    @TempDir private Path folder = Path.of("");

    @Test
    void theOldestJunitRunsEveryKindOfTest() throws Exception {
        var output = folder.resolve("output");
        var process =
                RunCases.command(
                                HOME.path(),
                                output,
                                RunCases.withOldestJunit(),
                                List.of(),
                                Cases.EveryKindOfTest.class,
                                Cases.Several.class)
                        .start();

        assertThat(RunCases.ended(process, output)).contains("JUnit 5.11.4: 9 succeeded, 0 failed");
    }

    @Test
    void twoJvmsAtOnceWarmUpOnce() throws Exception {
        var diary = folder.resolve("diary");
        var options = List.of("-D" + FaultyCases.DIARY + "=" + diary);
        var outputs = List.of(folder.resolve("one"), folder.resolve("two"));
        var one =
                RunCases.start(HOME.path(), outputs.get(0), options, FaultyCases.WarmedOnce.class);
        var two =
                RunCases.start(HOME.path(), outputs.get(1), options, FaultyCases.WarmedOnce.class);

        assertThat(RunCases.ended(one, outputs.get(0))).contains("1 succeeded, 0 failed");
        assertThat(RunCases.ended(two, outputs.get(1))).contains("1 succeeded, 0 failed");
        assertThat(Files.readString(diary)).isEqualTo("warmed\n");
    }

    @Test
    void aJvmThatIsKilledInTheMiddleOfATestLeavesNothing() throws Exception {
        for (boolean force : new boolean[] {false, true}) {
            var diary = folder.resolve("diary-" + force);
            var output = folder.resolve("output-" + force);
            var options = List.of("-D" + FaultyCases.DIARY + "=" + diary);
            var process = RunCases.start(HOME.path(), output, options, FaultyCases.Waits.class);
            HOME.await("the test", () -> isWritten(diary) || !process.isAlive());
            assertThat(process.isAlive()).as(Files.readString(output)).isTrue();
            if (force) {
                process.destroyForcibly();
            } else {
                process.destroy(); // as Ctrl-C
            }
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
            HOME.await("the end of its machines", () -> HOME.processes().isEmpty());
            assertThat(HOME.sandboxes()).isEmpty();
        }
    }

    @Test
    void aJvmThatIsKilledInAWarmUpLeavesNothingAndTheNextRunWarmsUpAgain() throws Exception {
        var diary = folder.resolve("diary");
        var output = folder.resolve("output");
        var said = "-D" + FaultyCases.DIARY + "=" + diary;
        var killed =
                RunCases.start(
                        HOME.path(),
                        output,
                        List.of(said, "-D" + FaultyCases.HANGS + "=true"),
                        FaultyCases.WarmsUpLong.class);
        HOME.await("the warm-up", () -> isWritten(diary) || !killed.isAlive());
        assertThat(killed.isAlive()).as(Files.readString(output)).isTrue();
        var before = HOME.snapshots();
        killed.destroyForcibly();
        assertThat(killed.waitFor(1, TimeUnit.MINUTES)).isTrue();
        HOME.await("the end of its machines", () -> HOME.processes().isEmpty());
        assertThat(HOME.sandboxes()).isEmpty();
        assertThat(before).noneMatch(name -> name.contains("warmsuplong"));
        assertThat(HOME.snapshots()).isEqualTo(before);

        var next =
                RunCases.start(HOME.path(), output, List.of(said), FaultyCases.WarmsUpLong.class);
        assertThat(RunCases.ended(next, output)).contains("1 succeeded, 0 failed");
        assertThat(Files.readAllLines(diary)).hasSize(2);
        assertThat(HOME.snapshots()).hasSize(before.size() + 1);
    }

    private static boolean isWritten(Path diary) throws IOException {
        return Files.exists(diary) && Files.size(diary) > 0;
    }

    @Test
    void withoutQemuItSaysWhatToInstall() throws Exception {
        var output = folder.resolve("output");
        var builder =
                RunCases.command(
                        HOME.path(),
                        output,
                        System.getProperty("java.class.path"),
                        List.of(),
                        Cases.Several.class);
        builder.environment().put("PATH", "/nowhere");
        builder.environment().put("STASIS_QEMU", "");

        assertThat(RunCases.ended(builder.start(), output))
                .contains("qemu-system-x86")
                .contains("0 succeeded, 1 failed");
    }
}
