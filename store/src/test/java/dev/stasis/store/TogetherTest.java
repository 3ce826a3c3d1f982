package dev.stasis.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Many processes work in one home at once, each with snapshots of its own and on those of all.
class TogetherTest {
    private static final int PROCESSES = 8;
    private static final Duration TIME =
            Duration.ofSeconds(Integer.getInteger("stasis.seconds", 15));

    @TempDir(factory = QuickFolder.class)
    Path temp;

    @Test
    void eightProcessesTakeRestoreDeleteAndPruneAndAllStaysRight() throws Exception {
        LifeProcess.prepare(temp);
        try (var first = LifeProcess.start(temp, "first", 0, Duration.ofMillis(300))) {
            assertThat(first.end(false)).as(errors("first")).isZero();
        }
        var lives = new ArrayList<LifeProcess>();
        try {
            for (int i = 0; i < PROCESSES; i++) {
                lives.add(
                        LifeProcess.start(
                                temp, "p" + i + "-", Long.getLong("stasis.seed", 7) + i, TIME));
            }
            var promised =
                    new TreeMap<>(Layered.promised(TestHome.open(temp.resolve("home")), "first"));
            for (int i = 0; i < PROCESSES; i++) {
                assertThat(lives.get(i).end(false)).as(errors("p" + i + "-")).isZero();
                promised.putAll(lives.get(i).promised());
            }
            var test = TestHome.open(temp.resolve("home"));
            assertThat(test.home.check()).isEmpty();
            assertThat(Layered.promised(test, "")).isEqualTo(promised);
            for (String name : promised.keySet()) {
                test.snapshots.delete(name);
            }
            assertThat(test.home.snapshotsFolder().toFile().list()).hasSize(2);
            assertThat(test.home.trashFolder()).isEmptyDirectory();
        } finally {
            lives.forEach(LifeProcess::close);
        }
    }

    private String errors(String prefix) throws Exception {
        return Files.readString(temp.resolve("errors-" + prefix));
    }
}
