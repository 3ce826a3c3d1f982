package dev.stasis.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The logs that the launcher keeps, of a program that is no machine.
@Timeout(180)
class LauncherLogTest {
    private static final String STAMP = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z ";

    @TempDir Path folder;
    private Path launcher;

    @BeforeEach
    void extract() {
        launcher = GuestResources.extract(folder.resolve("boot")).launcher();
    }

    /// Runs a script to its end; `$1` is the console, `$2` the log of the agent.
    private void run(String script, String maxLog, String limit) throws Exception {
        var process =
                new ProcessBuilder(
                                "sh",
                                "-c",
                                limit + "exec \"$@\"",
                                "sh",
                                launcher.toString(),
                                "--run",
                                folder.toString(),
                                "--logs",
                                folder.toString(),
                                "--max-log",
                                maxLog,
                                "--",
                                "sh",
                                "-c",
                                script,
                                "sh",
                                "@console@",
                                "@log@",
                                folder.resolve("guest.log").toString())
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectErrorStream(true)
                        .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(said).startsWith("started ");
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    private List<String> lines(String log) throws IOException {
        return Files.readAllLines(folder.resolve(log));
    }

    @Test
    void linesOfKernelAndMachineGetTheirTimesAndThoseOfTheAgentStayAsTheyAre() throws Exception {
        run("printf 'one\\ntwo' > $1; echo said; echo '{}' > $2; printf half > $2", "100000", "");
        run("echo three > $1; echo '{}' > $2", "100000", "");

        assertThat(lines("console.log")).hasSize(3).allMatch(l -> l.matches(STAMP + ".*"));
        assertThat(lines("console.log").get(1)).endsWith(" two");
        assertThat(lines("qemu.log")).singleElement().asString().matches(STAMP + "said");
        assertThat(lines("guest.log")).containsExactly("{}", "half", "{}");
        for (var log : List.of("console.log", "qemu.log", "guest.log")) {
            assertThat(Files.getPosixFilePermissions(folder.resolve(log)))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        }
    }

    @Test
    void aLogIsBegunAnewBeforeItIsTooLarge() throws Exception {
        run(
                "for i in 1 2 3 4 5 6 7 8; do head -c 40000 /dev/zero; sleep 0.1; done > $2",
                "100000",
                "");

        assertThat(Files.size(folder.resolve("guest.log"))).isBetween(1L, 100_000L);
        assertThat(Files.size(folder.resolve("guest.log.1"))).isBetween(1L, 100_000L);
        assertThat(folder).isDirectoryNotContaining("glob:**/guest.log.2");
    }

    /// A limit of the size of files stands for a full disk: nothing can be written, and once the
    /// log is begun anew, there is room again.
    @Test
    void aLogWhoseDiskWasFullTellsHowMuchItLost() throws Exception {
        run(
                "head -c 60000 /dev/zero > $2; head -c 8000 /dev/zero > $2;"
                        + " until [ $(stat -c %s $3) = 65536 ]; do sleep 0.05; done;"
                        + " head -c 20000 /dev/zero > $2; echo end > $2",
                "70000", "trap '' XFSZ; ulimit -f 128; ");

        var lines = lines("guest.log");
        assertThat(Files.size(folder.resolve("guest.log.1"))).isEqualTo(65_536);
        assertThat(lines.get(1))
                .matches(
                        "\\{\"time\":\""
                                + STAMP.strip()
                                + "\",\"event\":\"lost\",\"bytes\":2464\\}");
        assertThat(lines.getLast()).endsWith("end");
    }
}
