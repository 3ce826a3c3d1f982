package dev.stasis.store;

import static dev.stasis.store.TestHome.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import dev.stasis.Finding;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A name that can't be read keeps everything, until somebody repairs the home.
class NameRescueTest {
    @TempDir Path temp;
    private World world;
    private Home home;
    private String id;

    @BeforeEach
    void damage() throws Exception {
        world = new World(TestHome.open(temp.resolve("home")), World.Journal.NONE);
        home = world.test.home;
        world.boot("base");
        id = world.capture("base");
        world.save(id, Saving.as("first"));
        world.write("base", "b", "c");
        world.save(world.capture("base"), Saving.as("second"));
        world.remove("base");
        Files.writeString(home.namesFolder().resolve("first"), "nonsense");
    }

    @Test
    void nothingIsDeletedWhileANameCannotBeRead() {
        home.snapshots().collect();
        assertThat(world.test.hasMemory(id)).isTrue();
        assertThat(home.check())
                .anyMatch(finding ->
                        finding.subject().equals("name first")
                                && finding.outcome() == Finding.Outcome.FOUND);
        assertFails(ErrorCode.STORE_DAMAGED, () -> home.snapshots().resolve("first"));
    }

    @Test
    void otherSnapshotsAreRestoredAndSavedAllTheSame() throws Exception {
        String second = world.id("second");
        assertThat(home.snapshots().list()).hasSize(1);
        assertThat(Layered.content(world.test, home.snapshots().resolve("second").id()))
                .isEqualTo(world.held(second));
        world.fork("fork", second);
        home.snapshots().saveNamed(world.capture("fork"), "third");
        assertThat(home.snapshots().list()).hasSize(2);
        assertThat(world.test.hasMemory(id)).isTrue();
    }

    @Test
    void aRepairGivesTheSnapshotAnotherNameAndTakesTheDamagedOneAway() throws Exception {
        assertThat(home.repair())
                .anyMatch(finding -> finding.outcome() == Finding.Outcome.REPAIRED)
                .noneMatch(finding -> finding.outcome() == Finding.Outcome.LOST);

        assertThat(home.check()).isEmpty();
        assertThat(home.namesFolder().toFile().list())
                .containsExactlyInAnyOrder("recovered-" + id, "second");
        assertThat(Layered.content(world.test, home.snapshots().resolve("recovered-" + id).id()))
                .isEqualTo(world.held(id));
        home.snapshots().delete("recovered-" + id);
        assertThat(home.check()).isEmpty();
    }

    @Test
    void aDamagedNameCanBeRemoved() {
        home.snapshots().delete("first");
        assertThat(home.check()).isEmpty();
        assertThat(home.namesFolder().toFile().list()).containsExactly("second");
    }
}
