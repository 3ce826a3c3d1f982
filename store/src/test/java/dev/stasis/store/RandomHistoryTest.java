package dev.stasis.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Random histories of snapshots, forks, names, deletes and folds against what a simple model says.
class RandomHistoryTest {
    private static final int STEPS = 60;
    private static final int HISTORIES = Integer.getInteger("stasis.histories", 25);

    @TempDir(factory = QuickFolder.class)
    Path temp;

    static List<Integer> seeds() {
        var seeds = new ArrayList<Integer>();
        for (int i = 0; i < HISTORIES; i++) {
            seeds.add(Integer.getInteger("stasis.seed", 0) + i);
        }
        return seeds;
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everySnapshotHoldsWhatItHeldAndNothingIsLeftAtTheEnd(int seed) throws Exception {
        var visitors = RandomLife.visitors(TestHome.open(temp.resolve("away")));
        var test = TestHome.open(temp.resolve("home"));
        var world = new World(test, World.Journal.NONE);
        var life = new RandomLife(world, new Random(seed), "", visitors);
        var done = new ArrayList<String>();
        for (int i = 0; i < STEPS; i++) {
            try {
                done.add(life.step());
                world.assertRight();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("Seed " + seed + " after " + done, e);
            }
        }
        assertThat(test.home.check()).as("seed %d after %s", seed, done).isEmpty();

        world.sandboxes().forEach(world::remove);
        world.assertRight();
        world.promised().keySet().forEach(world::delete);
        assertThat(test.home.snapshotsFolder().toFile().list())
                .as("seed %d after %s", seed, done)
                .containsExactlyInAnyOrder("names", "pins");
        assertThat(test.home.trashFolder()).isEmptyDirectory();
    }
}
