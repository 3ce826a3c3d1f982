package dev.stasis.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.stasis.ByteSize;
import dev.stasis.Diagnosis;
import dev.stasis.SandboxState;
import java.time.Duration;
import java.time.Instant;
import java.util.AbstractMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.jr.ob.JSON;

class ListingsTest {
    private final CommandRun cli = new CommandRun();

    @BeforeEach
    void makeSandboxes() {
        cli.run("create", "--name", "box", "--env", "B=2", "--env", "A=1");
        cli.run("snapshot", "box", "--name", "warm");
        cli.run("restore", "warm", "fork");
        var fork = Objects.requireNonNull(cli.stasis.sandboxes.get("fork"));
        fork.state = SandboxState.ENDED;
        fork.reason = Optional.of("QEMU was killed by signal 9");
    }

    @Test
    void sandboxesAsJsonHaveTheDocumentedFields() {
        assertThat(cli.run("ls", "--format", "json")).isZero();

        var sandboxes = JSON.std.listFrom(cli.out());
        assertThat(sandboxes).hasSize(2);
        assertThat(map(sandboxes.getFirst()))
                .containsExactly(
                        Map.entry("id", "id0000000001"),
                        Map.entry("name", "box"),
                        Map.entry("state", "paused"),
                        nothing("reason"),
                        nothing("cause"),
                        Map.entry("image", "busybox"),
                        Map.entry("cpus", 1),
                        Map.entry("memoryBytes", 536870912),
                        Map.entry("maxCpus", 8),
                        Map.entry("maxMemoryBytes", 64L << 30),
                        Map.entry("env", Map.of("A", "1", "B", "2")),
                        Map.entry("network", "none"),
                        Map.entry("ports", List.of()),
                        Map.entry("created", "2026-03-01T12:34:56.789Z"),
                        Map.entry("accelerator", "tcg"),
                        Map.entry("attached", false),
                        Map.entry("labels", Map.of()),
                        nothing("idleTimeoutMillis"),
                        nothing("maxDurationMillis"),
                        nothing("snapshot"));
        assertThat(map(sandboxes.getLast()))
                .containsEntry("state", "ended")
                .containsEntry("reason", "QEMU was killed by signal 9")
                .containsEntry("snapshot", "id0000000002");
    }

    @Test
    void inspectAddsWhatTheSandboxTakes() {
        assertThat(cli.run("inspect", "--format", "json", "fork")).isZero();

        assertThat(JSON.std.mapFrom(cli.out()))
                .containsEntry("name", "fork")
                .containsEntry("ownMemoryBytes", 20 << 20)
                .containsEntry("ownDiskBytes", 196608);
        assertThat(cli.run("inspect", "fork")).isZero();
        assertThat(cli.out())
                .contains("tcg: emulation, no isolation boundary")
                .contains("QEMU was killed by signal 9");
    }

    @Test
    void snapshotsAsJsonHaveTheDocumentedFields() {
        cli.run("snapshot", "box");

        assertThat(cli.run("snapshots", "ls", "--format", "json")).isZero();
        var named = JSON.std.listFrom(cli.out());
        assertThat(named).hasSize(1);
        assertThat(map(named.getFirst()))
                .containsExactly(
                        Map.entry("id", "id0000000002"),
                        Map.entry("name", "warm"),
                        Map.entry("created", "2026-03-01T12:34:56.789Z"),
                        Map.entry("source", "box"),
                        nothing("parent"),
                        Map.entry("image", "busybox"),
                        Map.entry("cpus", 1),
                        Map.entry("memoryBytes", 536870912),
                        Map.entry("maxCpus", 8),
                        Map.entry("maxMemoryBytes", 64L << 30),
                        Map.entry("diskBytes", 96 << 20),
                        Map.entry("labels", Map.of()),
                        entry("expires", null));
        cli.run("snapshots", "ls", "-a", "--format", "json");
        assertThat(JSON.std.listFrom(cli.out())).hasSize(2);
        cli.run("snapshots", "inspect", "warm", "--format", "json");
        assertThat(JSON.std.mapFrom(cli.out())).containsEntry("name", "warm");
    }

    @Test
    void theTreeShowsLinesBranchesForksAndParentsThatAreGone() {
        cli.run("resume", "box");
        cli.run("snapshot", "box", "--name", "later", "--label", "stage=seeded");
        cli.run("restore", "warm", "other");
        cli.run("snapshot", "other", "--name", "branch");
        cli.run("snapshot", "other", "--name", "leaf");
        var branch = (FakeSnapshot) cli.stasis.snapshot("branch");
        branch.created = Instant.now().minus(Duration.ofHours(50));
        branch.onDisk = ByteSize.ofMebibytes(12);

        assertThat(cli.run("snapshots", "tree")).isZero();
        assertThat(shape(cli.out()))
                .containsExactly("SNAPSHOT", "warm", "├─ later", "└─ branch", "   ╰ leaf");
        assertThat(cli.out()).contains("LABELS", "FORKS", "stage=seeded", "other");
        assertThat(cli.out()).containsPattern("└─ branch +" + branch.id() + " +2d +12M ");
        cli.run("snapshots", "tree", "--format", "json");
        var warm = map(JSON.std.listFrom(cli.out()).getFirst());
        assertThat(warm)
                .containsEntry("names", List.of("warm"))
                .containsEntry("forks", List.of("other"))
                .containsEntry("parentGone", false);
        assertThat((List<?>) warm.get("children")).hasSize(2);

        cli.stasis.snapshots.remove("id0000000002");
        cli.run("snapshots", "tree");
        assertThat(shape(cli.out()))
                .containsExactly(
                        "SNAPSHOT",
                        "(id0000000002 is gone)",
                        "└─ later",
                        "(id0000000002 is gone)",
                        "└─ branch",
                        "   ╰ leaf");
    }

    private static List<String> shape(String table) {
        return table.lines().map(line -> line.split(" {2,}(?=[A-Za-z0-9])", -1)[0]).toList();
    }

    @Test
    void nothingIsAnEmptyListAndAnEmptyTable() {
        cli.run("rm", "-f", "box", "fork");

        cli.run("ls", "--format", "json");
        assertThat(JSON.std.listFrom(cli.out())).isEmpty();
        cli.run("ls");
        assertThat(cli.out()).startsWith("NAME").hasLineCount(1);
    }

    @Test
    void tablesLineUpAndAreColouredOnTerminalsOnly() {
        cli.run("ls");
        var lines = cli.out().lines().toList();
        assertThat(lines).hasSize(3).noneMatch(line -> line.contains("\033"));
        assertThat(lines.get(1).indexOf("busybox")).isEqualTo(lines.getFirst().indexOf("IMAGE"));

        cli.onTerminal = true;
        cli.run("ls");
        assertThat(cli.out()).contains("\033[31mended\033[0m");
        cli.env.put("NO_COLOR", "1");
        cli.run("ls");
        assertThat(cli.out()).doesNotContain("\033");
    }

    @Test
    void doctorEndsWith11WhenSomethingIsMissing() {
        cli.stasis.diagnoses.add(new Diagnosis("qemu", Diagnosis.Verdict.OK, "version 7.2", ""));
        cli.stasis.diagnoses.add(
                new Diagnosis("kvm", Diagnosis.Verdict.NOTICE, "not here", "use a better host"));
        assertThat(cli.run("doctor")).isZero();
        assertThat(cli.out().lines())
                .containsExactly(
                        "ok      qemu  version 7.2",
                        "notice  kvm   not here",
                        "              -> use a better host");

        cli.stasis.diagnoses.add(
                new Diagnosis("home", Diagnosis.Verdict.FAILED, "read-only", "change it"));
        assertThat(cli.run("doctor", "--format", "json")).isEqualTo(11);
        List<Object> found = JSON.std.listFrom(cli.out());
        assertThat(map(found.getFirst()))
                .containsExactly(
                        Map.entry("subject", "qemu"),
                        Map.entry("verdict", "ok"),
                        Map.entry("found", "version 7.2"),
                        nothing("advice"));
        assertThat(map(found.getLast()))
                .containsEntry("verdict", "failed")
                .containsEntry("advice", "change it");
    }

    private static Map.Entry<String, Object> nothing(String key) {
        return new AbstractMap.SimpleEntry<>(key, null);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object json) {
        return (Map<String, Object>) json;
    }
}
