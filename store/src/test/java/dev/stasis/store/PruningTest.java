package dev.stasis.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which names go when a home is pruned.
class PruningTest {
    private static final Duration DAY = Duration.ofDays(1);

    @TempDir Path temp;
    private TestHome test;

    @BeforeEach
    void open() {
        test = TestHome.open(temp.resolve("home"));
        test.booted("base");
    }

    private TestHome later(Duration time) {
        return TestHome.later(temp.resolve("home"), time);
    }

    private void save(String name, Optional<Duration> keepFor) {
        test.snapshots.saveNamed(
                test.snapshot("base"),
                new Saving(name, Saving.WhenTaken.REFUSE, Map.of(), keepFor));
    }

    private static List<String> prune(
            TestHome home, OptionalInt keepLast, Optional<Duration> olderThan, Retention.Act act) {
        return home
                .snapshots
                .prune(new Retention(keepLast, olderThan, (_, _) -> true, act))
                .stream()
                .map(SnapshotStore.Pruned::name)
                .toList();
    }

    private static List<String> prune(TestHome home, Retention.Act act) {
        return prune(home, OptionalInt.empty(), Optional.empty(), act);
    }

    private List<String> names() {
        return test.snapshots.list().stream().flatMap(each -> each.names().stream()).toList();
    }

    @Test
    void aNameGoesWhenItsTimeIsOverAndNotBefore() {
        save("week", Optional.of(DAY.multipliedBy(7)));
        save("month", Optional.of(DAY.multipliedBy(30)));
        save("always", Optional.empty());
        String week = test.snapshots.resolve("week").id();

        assertThat(prune(test, Retention.Act.REMOVE)).isEmpty();
        assertThat(prune(later(DAY.multipliedBy(6)), Retention.Act.REMOVE)).isEmpty();
        assertThat(names()).containsExactly("week", "month", "always");

        var eighth = later(DAY.multipliedBy(8));
        assertThat(prune(eighth, Retention.Act.SAY)).containsExactly("week");
        assertThat(names()).as("a dry run removes nothing").hasSize(3);
        assertThat(prune(eighth, Retention.Act.REMOVE)).containsExactly("week");
        assertThat(names()).containsExactly("month", "always");
        assertThat(test.hasMemory(week)).as("its memory went with it").isFalse();

        assertThat(prune(later(DAY.multipliedBy(4000)), Retention.Act.REMOVE))
                .containsExactly("month");
        assertThat(names()).containsExactly("always");
    }

    @Test
    void theTimeOfANameBeginsWhenItIsGiven() {
        String id = test.snapshot("base");
        var tenth = later(DAY.multipliedBy(10));
        tenth.snapshots.saveNamed(
                id, new Saving("week", Saving.WhenTaken.REFUSE, Map.of(), Optional.of(DAY)));

        assertThat(prune(tenth, Retention.Act.REMOVE)).isEmpty();
        assertThat(prune(later(DAY.multipliedBy(12)), Retention.Act.REMOVE))
                .containsExactly("week");
    }

    @Test
    void theLastOnesAreKeptAndADryRunSaysWhatWouldGo() {
        for (String name : List.of("n1", "n2", "n3", "n4")) {
            save(name, Optional.empty());
        }
        var two = OptionalInt.of(2);

        assertThat(prune(test, two, Optional.empty(), Retention.Act.SAY))
                .containsExactly("n1", "n2");
        assertThat(names()).containsExactly("n1", "n2", "n3", "n4");
        assertThat(prune(test, two, Optional.of(DAY), Retention.Act.REMOVE))
                .as("none is old enough: rules together keep more")
                .isEmpty();
        assertThat(prune(later(DAY.multipliedBy(2)), two, Optional.of(DAY), Retention.Act.REMOVE))
                .containsExactly("n1", "n2");
        assertThat(names()).containsExactly("n3", "n4");
    }

    @Test
    void nothingInUseIsEverRemovedWhateverTheRules() {
        save("restored", Optional.of(DAY));
        save("read", Optional.of(DAY));
        save("idle", Optional.of(DAY));
        test.forked("fork", test.snapshots.resolve("restored").id());
        var old = later(DAY.multipliedBy(100));
        var none = OptionalInt.of(0);
        var pin = test.snapshots.pin(test.snapshots.resolve("read").id()).orElseThrow();
        try (pin) {
            assertThat(prune(old, none, Optional.of(DAY), Retention.Act.SAY))
                    .containsExactly("idle");
            assertThat(prune(old, none, Optional.of(DAY), Retention.Act.REMOVE))
                    .containsExactly("idle");
            assertThat(names()).containsExactly("restored", "read");
        }

        assertThat(prune(old, Retention.Act.REMOVE)).containsExactly("read");
        test.stop("fork");
        assertThat(prune(old, Retention.Act.REMOVE)).as("a stopped fork counts").isEmpty();
        test.remove("fork");
        assertThat(prune(old, Retention.Act.REMOVE)).containsExactly("restored");
        assertThat(test.home.check()).isEmpty();
    }
}
