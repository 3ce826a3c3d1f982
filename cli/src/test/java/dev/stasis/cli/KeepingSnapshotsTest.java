package dev.stasis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ByteSize;
import dev.stasis.Finding;
import dev.stasis.Finding.Outcome;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.jr.ob.JSON;

/// Names, labels, retention and the care for a home.
class KeepingSnapshotsTest {
    private final CommandRun cli = new CommandRun();

    @BeforeEach
    void take() {
        cli.run("create", "--name", "box");
        for (String name : new String[] {"night-1", "night-2", "warm"}) {
            cli.run("snapshot", "box", "--name", name);
        }
        cli.run("snapshots", "label", "warm", "stage=seeded", "by=me");
        cli.stasis.calls.clear();
    }

    @Test
    void checkEndsWith0WhenAllIsWellWith1WhenSomethingWasFoundAndWith2WhenSomethingIsLost() {
        assertThat(cli.run("check")).isZero();
        assertThat(cli.out()).isEmpty();
        find(Outcome.FOUND);
        assertThat(cli.run("check")).isEqualTo(1);
        assertThat(cli.stasis.calls).contains("check").doesNotContain("repair");
        assertThat(cli.out()).contains("found").contains("snapshot x").contains("is odd");
        find(Outcome.LOST);
        assertThat(cli.run("check", "--repair")).isEqualTo(2);
        assertThat(cli.stasis.calls).contains("repair");
        cli.stasis.findings.removeLast();
        cli.stasis.findings.clear();
        find(Outcome.REPAIRED);
        assertThat(cli.run("check", "--repair", "--format", "json")).isEqualTo(1);
        assertThat(JSON.std.listFrom(cli.out()))
                .containsExactly(
                        Map.of(
                                "subject",
                                "snapshot x",
                                "problem",
                                "is odd",
                                "outcome",
                                "repaired"));
    }

    private void find(Outcome outcome) {
        cli.stasis.findings.add(new Finding("snapshot x", "is odd", outcome));
    }

    @Test
    void verifyNamesWhatIsDamagedAndEndsWith12() {
        assertThat(cli.run("snapshots", "verify", "warm", "night-1")).isZero();
        assertThat(cli.out()).isEqualTo("warm\nnight-1\n");
        assertThat(cli.run("snapshots", "verify")).isEqualTo(2);
        assertThat(cli.run("snapshots", "verify", "--all", "warm")).isEqualTo(2);
        assertThat(cli.run("snapshots", "verify", "--all")).isZero();

        cli.stasis.findings.add(
                new Finding("snapshot warm", "its file ram.img was changed", Outcome.LOST));
        assertThat(cli.run("snapshots", "verify", "--all")).isEqualTo(12);
        assertThat(cli.err()).contains("snapshot warm").contains("ram.img");
        assertThat(cli.out()).isEqualTo("night-1\nnight-2\n");
    }

    @Test
    void aNameMovesOnPurposeOnly() {
        assertThat(cli.run("snapshots", "save", "night-1", "warm")).isEqualTo(10);
        assertThat(cli.run("snapshots", "save", "night-1", "warm", "--move", "--ttl", "7d"))
                .isZero();
        assertThat(cli.stasis.snapshot("warm").id()).isEqualTo(cli.stasis.snapshot("night-1").id());
        assertThat(cli.run("snapshot", "box", "--name", "warm")).isEqualTo(10);
        assertThat(cli.err()).contains("--move");
        assertThat(cli.run("snapshot", "box", "--name", "warm", "--move")).isZero();
    }

    @Test
    void labelsAreSetAndRemoved() {
        assertThat(cli.run("snapshots", "label", "warm", "stage=other", "by-")).isZero();
        assertThat(cli.stasis.snapshot("warm").info().labels())
                .containsExactly(Map.entry("stage", "other"));
        assertThat(cli.run("snapshots", "label", "warm", "stage")).isEqualTo(10);
        assertThat(cli.err()).contains("KEY=VALUE");
    }

    @ParameterizedTest
    @CsvSource({
        "--name night-*, night-1;night-2",
        "--label stage, warm",
        "--label stage=seeded, warm",
        "--label stage=none, ''",
        "--source box, night-1;night-2;warm",
        "--source other, ''",
        "--image busybox --name w*, warm"
    })
    void snapshotsAreFiltered(String options, String names) {
        cli.run(("snapshots ls --format json " + options).split(" ", -1));
        assertThat(
                        String.join(
                                ";",
                                JSON.std.listFrom(cli.out()).stream()
                                        .map(each -> "" + ((Map<?, ?>) each).get("name"))
                                        .toList()))
                .isEqualTo(names);
    }

    @ParameterizedTest
    @CsvSource({
        "ls, night-1;night-2;warm",
        "ls --sort name, night-1;night-2;warm",
        "ls --sort created, warm;night-1;night-2",
        "ls --sort disk, night-2;warm;night-1",
        "ls --sort disk --name night-*, night-2;night-1"
    })
    void snapshotsAreSorted(String command, String names) {
        look("night-1", Duration.ofDays(2), 300);
        look("night-2", Duration.ofDays(3), 1);
        look("warm", Duration.ofDays(1), 20);

        assertThat(cli.run(("snapshots " + command).split(" ", -1))).isZero();
        assertThat(cli.out().lines().skip(1).map(line -> line.split(" ", 2)[0]))
                .containsExactly(names.split(";", -1));
        cli.run(("snapshots " + command + " --format json").split(" ", -1));
        assertThat(
                        JSON.std.listFrom(cli.out()).stream()
                                .map(each -> "" + ((Map<?, ?>) each).get("name")))
                .containsExactly(names.split(";", -1));
    }

    @Test
    void anUnknownOrderIsRefused() {
        assertThat(cli.run("snapshots", "ls", "--sort", "age")).isEqualTo(2);
        assertThat(cli.err()).contains("--sort", "age", "CREATED");
    }

    private void look(String name, Duration after, long mebibytes) {
        var snapshot = (FakeSnapshot) cli.stasis.snapshot(name);
        snapshot.created = FakeSandbox.CREATED.plus(after);
        snapshot.onDisk = ByteSize.ofMebibytes(mebibytes);
    }

    @Test
    void pruneSaysWhatWouldGoAndRemovesIt() {
        assertThat(
                        cli.run(
                                "snapshots",
                                "prune",
                                "--name",
                                "night-*",
                                "--keep-last",
                                "1",
                                "--dry-run"))
                .isZero();
        assertThat(cli.out()).isEqualTo("night-2\n");
        assertThat(cli.stasis.snapshotNames()).hasSize(3);
        assertThat(cli.run("snapshots", "prune", "--name", "night-*", "--keep-last", "1")).isZero();
        assertThat(cli.stasis.snapshotNames()).containsExactly("night-1", "warm");
        assertThat(cli.run("snapshots", "prune", "--keep-last", "many")).isEqualTo(2);
    }
}
