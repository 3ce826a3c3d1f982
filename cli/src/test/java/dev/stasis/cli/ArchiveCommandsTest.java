package dev.stasis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ArchiveCommandsTest {
    private final CommandRun cli = new CommandRun();

    @BeforeEach
    void take() {
        cli.run("create", "--name", "box");
        cli.run("snapshot", "box", "--name", "warm");
        cli.stasis.calls.clear();
    }

    @Test
    void exportPassesItsOptionsOnAndPrintsNothing() {
        assertThat(cli.run("snapshots", "export", "warm", "/x/y", "--with-image", "--since", "old"))
                .isZero();
        assertThat(cli.out()).isEmpty();
        assertThat(cli.stasis.calls)
                .anySatisfy(call ->
                        assertThat(call)
                                .startsWith("export to /x/y")
                                .contains("name=Optional[warm]")
                                .contains("since=Optional[old]")
                                .contains("withImage=true"));
    }

    @Test
    void aDashIsStandardOutputUnlessThatIsATerminal() {
        assertThat(cli.run("snapshots", "export", "warm", "-")).isZero();
        assertThat(cli.out()).isEqualTo("archive");
        cli.onTerminal = true;
        assertThat(cli.run("snapshots", "export", "warm", "-"))
                .isEqualTo(ErrorCode.INVALID_ARGUMENT.category().exitCode());
        assertThat(cli.err()).contains("name a file");
    }

    @Test
    void importPrintsTheIdAndSaysWhatWillKeepTheSnapshotFromBeingRestored() {
        assertThat(cli.run("snapshots", "import", "/x/y", "--name", "other")).isZero();
        assertThat(cli.out()).hasLineCount(1);
        assertThat(cli.err()).contains("stasis: It can't be restored on this computer: no reason");
        assertThat(cli.stasis.calls).contains("import of /x/y as other");
        cli.in = new ByteArrayInputStream("bytes".getBytes(StandardCharsets.UTF_8));
        assertThat(cli.run("snapshots", "import", "-")).isZero();
        assertThat(cli.stasis.calls).contains("import of 'bytes' as it was");
    }
}
