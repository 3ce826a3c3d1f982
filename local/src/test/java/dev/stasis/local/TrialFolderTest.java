package dev.stasis.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.store.Home;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrialFolderTest {
    @TempDir Path folder;
    private Path root;

    @BeforeEach
    void name() {
        root = folder.resolve("home");
    }

    @Test
    void nothingIsLeftOfItWhenItIsClosedAndNobodyRemovesItBefore() throws IOException {
        var home = Home.open(root);
        try (var trial = TrialFolder.in(home)) {
            Files.writeString(trial.files().qemuLog(), "a line\n");
            Files.writeString(trial.files().lock(), "");
            assertThat(new Housekeeping(Home.open(root)).cleanUp()).isEmpty();
            assertThat(trial.files().qemuLog()).exists();
            assertThat(trial.files().lock()).exists();
        }
        assertNothingIsLeft(home);
    }

    @Test
    void theNextOpenRemovesWhatAKilledProcessLeft() throws Exception {
        var command =
                List.of(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        String.join(
                                ":",
                                System.getProperty("jdk.module.path", ""),
                                System.getProperty("java.class.path"),
                                "target/classes",
                                "target/test-classes"),
                        EndsAmidATrial.class.getName(),
                        root.toString());
        var process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isEqualTo(EndsAmidATrial.EXIT_CODE);

        var home = Home.open(root);
        assertThat(new Housekeeping(home).cleanUp()).hasSize(1);
        assertNothingIsLeft(home);
    }

    /// Ends as a process does that is killed.
    static final class EndsAmidATrial {
        static final int EXIT_CODE = 9;

        private EndsAmidATrial() {}

        public static void main(String[] arguments) throws IOException {
            var trial = TrialFolder.in(Home.open(Path.of(arguments[0])));
            Files.writeString(trial.files().qemuLog(), "a line\n");
            Files.writeString(trial.files().lock(), "");
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }

    private static void assertNothingIsLeft(Home home) throws IOException {
        assertThat(home.runtime().root()).doesNotExist();
        try (var snapshots = Files.list(home.root().resolve("snapshots"))) {
            assertThat(snapshots.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder("names", "pins");
        }
    }
}
