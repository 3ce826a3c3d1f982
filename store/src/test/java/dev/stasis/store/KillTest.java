package dev.stasis.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Finding;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A process that works in a home is killed at a random moment, again and again. What it promised
/// is there each time, and what it was doing is done or never was.
class KillTest {
    private static final int KILLS = Integer.getInteger("stasis.kills", 100);
    private static final int LONGEST_LIFE_MILLIS = 120;

    /// In longer runs, so that a home does not grow old.
    private static final int KILLS_A_HOME = 250;

    @TempDir(factory = QuickFolder.class)
    Path temp;

    @Test
    void aProcessKilledAtAnyMomentLosesNothingThatItPromised() throws Exception {
        long seed = Long.getLong("stasis.seed", 1);
        var random = new Random(seed);
        Path place = temp;
        int changing = 0;
        for (int i = 0; i < KILLS; i++) {
            if (i % KILLS_A_HOME == 0) {
                if (i > 0) {
                    say(i, changing);
                    new Disk().deleteTree(place);
                }
                place = Files.createDirectory(temp.resolve("p" + i));
                LifeProcess.prepare(place);
                try (var first = LifeProcess.start(place, "k", seed, Duration.ofMillis(300))) {
                    assertThat(first.end(false)).as(errors(place)).isZero();
                }
            }
            try (var life = LifeProcess.start(place, "k", seed + i, Duration.ofMinutes(10))) {
                Thread.sleep(random.nextInt(LONGEST_LIFE_MILLIS));
                life.end(true);
                changing += life.trying() == null ? 0 : 1;
                LifeProcess.cleanUp(place);
                assertKept(place, life, "kill " + i + " of seed " + seed);
            }
        }
        say(KILLS, changing);
    }

    /// Also while it goes on, for whoever waits for thousands.
    private static void say(int kills, int changing) {
        System.out.printf(
                "%d processes killed, %d of them while they changed what is promised%n",
                kills, changing);
    }

    private static String errors(Path place) throws Exception {
        return Files.readString(place.resolve("errors-k"));
    }

    private static void assertKept(Path place, LifeProcess life, String when) throws Exception {
        assertThat(errors(place)).as(when).doesNotContain("Exception", "Error");
        var test = TestHome.open(place.resolve("home"));
        assertThat(test.home.repair())
                .as(when)
                .noneMatch(finding -> finding.outcome() == Finding.Outcome.LOST);
        assertThat(TestHome.open(place.resolve("home")).home.check()).as(when).isEmpty();
        var found = Layered.promised(test, "");
        var before = life.promised();
        var after = life.trying() == null ? before : life.trying();
        var names = new TreeSet<>(before.keySet());
        names.addAll(after.keySet());
        names.addAll(found.keySet());
        for (String name : names) {
            assertThat(found.get(name))
                    .as(when + ": " + name)
                    .isIn(before.get(name), after.get(name));
        }
    }
}
