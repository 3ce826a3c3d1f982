package dev.stasis.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Layers that only the one above them needs become one with it, and nothing else changes.
class FoldTest {
    @TempDir Path temp;
    private TestHome test;
    private SnapshotStore snapshots;
    private String base;
    private String middle;
    private String top;

    @BeforeEach
    void makeALine() {
        test = TestHome.open(temp.resolve("home"));
        snapshots = test.snapshots;
        test.booted("source");
        base = saved("source", "base");
        test.forked("fork", base);
        middle = saved("fork", "middle");
        test.forked("second", middle);
        top = saved("second", "top");
        test.remove("fork");
        test.remove("second");
    }

    private String saved(String sandbox, String name) {
        String id = test.snapshot(sandbox);
        snapshots.saveNamed(id, name);
        return id;
    }

    @Test
    void nothingIsFoldedWhileEverythingIsNeeded() {
        assertThat(snapshots.folds()).isEmpty();
    }

    @Test
    void aDeletedSnapshotIsFoldedIntoTheOneAboveIt() throws Exception {
        snapshots.delete("middle");
        assertThat(test.has(middle)).as("top lies on it").isTrue();
        byte[] manifest = Files.readAllBytes(manifest(top));

        foldAll();
        snapshots.collect();

        assertThat(test.has(middle)).isFalse();
        var chains = snapshots.verify(top);
        assertThat(chains.memory()).extracting(SnapshotManifest::id).containsExactly(top, base);
        assertThat(chains.disk()).extracting(SnapshotManifest::id).containsExactly(top, base);
        assertThat(folder(top)).isDirectoryContaining("glob:**/ram.1.img");
        assertThat(folder(top).resolve("ram.img")).doesNotExist();
        assertThat(folder(top).resolve("devices")).exists();
        assertThat(Files.readAllBytes(manifest(top))).as("the manifest").isEqualTo(manifest);
        assertThat(chains.snapshot().parent()).as("its parent was").isEqualTo(middle);
        assertThat(chains.snapshot().files()).allMatch(StoredFile::durable);
        assertThat(snapshots.folds()).isEmpty();
    }

    @Test
    void whatTwoLieOnStays() {
        test.forked("other", middle);
        saved("other", "branch");
        test.remove("other");
        snapshots.delete("middle");
        assertThat(snapshots.folds()).isEmpty();

        snapshots.delete("branch");
        assertThat(snapshots.folds()).hasSize(2);
    }

    @Test
    void theDiskThatASandboxLiesOnStaysThoughItsMemoryIsFolded() {
        test.forked("running", middle);
        test.sandboxes.update(
                test.sandboxes.get("running").stopped("for the test", null), Durability.UNSYNCED);
        snapshots.delete("middle");
        assertThat(snapshots.folds()).extracting(Fold::part).containsExactly(Part.MEMORY);
    }

    @Test
    void aSnapshotThatIsBeingRestoredIsNotFoldedUnderTheReader() throws Exception {
        snapshots.delete("middle");
        var fold = snapshots.folds().getFirst();
        var record = SandboxRecord.of("late", TestHome.SETUP).withBase(top, "disk-0.qcow2");
        try (var folding = snapshots.begin(fold).orElseThrow()) {
            Files.writeString(folding.file("ram", "img"), "folded");
            try (var _ = test.sandboxes.create(record)) {
                assertThat(folding.publish()).isFalse();
            }
        }
        assertThat(snapshots.verify(top).memory()).hasSize(3);
        assertThat(folder(top).resolve("ram.img")).exists();
    }

    @Test
    void aPinKeepsThingsAsTheyAre() throws Exception {
        snapshots.delete("middle");
        try (var _ = snapshots.pin(top).orElseThrow()) {
            foldAll();
            assertThat(snapshots.verify(top).memory()).hasSize(3);
        }
        foldAll();
        assertThat(snapshots.verify(top).memory()).hasSize(2);
    }

    @Test
    void aFoldThatIsNotSoAnyMoreDoesNothing() throws Exception {
        snapshots.delete("middle");
        var stale = snapshots.folds();
        foldAll();
        assertThat(snapshots.begin(stale.getFirst())).isEmpty();
    }

    @Test
    void aCrashAtAnyStepOfAFoldLeavesTheSnapshotWhole() throws Exception {
        snapshots.delete("middle");
        for (int steps = 0; ; steps++) {
            var dying = new DyingDisk(steps);
            try {
                fold(TestHome.open(temp.resolve("home"), dying).snapshots);
            } catch (DyingDisk.Death e) {
                // goes on as the next process would
            }
            var reopened = TestHome.open(temp.resolve("home"));
            reopened.snapshots.collect();
            var chain = reopened.snapshots.verify(top).memory();
            assertThat(chain).extracting(SnapshotManifest::id).startsWith(top).endsWith(base);
            var held = chain.getFirst().files().stream().map(StoredFile::name).toList();
            try (var files = Files.list(folder(top))) {
                assertThat(files.map(file -> file.getFileName().toString()))
                        .as("after step " + steps)
                        .allMatch(name -> held.contains(name) || isOurs(name));
            }
            if (chain.size() == 2) {
                assertThat(steps).isGreaterThan(5);
                return;
            }
        }
    }

    @Test
    void aChangedReplacementIsRefusedAtEveryByte() throws Exception {
        snapshots.delete("middle");
        foldAll();
        Path file = folder(top).resolve(Replacement.FILE);
        byte[] whole = Files.readAllBytes(file);
        for (int at = 0; at < whole.length; at++) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 1;
            Files.write(file, damaged);
            TestHome.assertFails(ErrorCode.STORE_DAMAGED, () -> snapshots.verify(top));
        }
        Files.delete(file);
        TestHome.assertFails(ErrorCode.STORE_DAMAGED, () -> snapshots.verify(top));
    }

    @Test
    void theManifestOfANamedSnapshotNeverChangesThoughItWasFoldedBeforeItWasNamed()
            throws Exception {
        test.forked("line", top);
        String folded = test.snapshot("line");
        fold(snapshots, snapshots.fold(folded, Part.MEMORY, 2).orElseThrow());
        fold(snapshots, snapshots.fold(folded, Part.DISK, 2).orElseThrow());
        snapshots.saveNamed(folded, "folded");
        byte[] manifest = Files.readAllBytes(manifest(folded));
        assertThat(folder(folded).resolve(Replacement.FILE)).as("is in it").doesNotExist();

        test.forked("fork", folded);
        String next = saved("fork", "next");

        assertThat(Files.readAllBytes(manifest(folded))).isEqualTo(manifest);
        assertThat(snapshots.verify(next).memory())
                .extracting(SnapshotManifest::id)
                .contains(folded);
        assertThat(snapshots.resolve("folded").files()).allMatch(StoredFile::durable);
    }

    @Test
    void aSnapshotThatIsNamedWhileItIsFoldedIsDurableWhole() throws Exception {
        test.forked("line", top);
        String folded = test.snapshot("line");
        var fold = snapshots.fold(folded, Part.MEMORY, 2).orElseThrow();
        snapshots.saveNamed(folded, "folded");
        fold(snapshots, fold);
        byte[] manifest = Files.readAllBytes(manifest(folded));
        assertThat(snapshots.resolve("folded").files()).allMatch(StoredFile::durable);

        test.forked("fork", folded);
        snapshots.verify(saved("fork", "next"));
        assertThat(Files.readAllBytes(manifest(folded))).isEqualTo(manifest);
    }

    @Test
    void theUppermostLayersOfALongLineAreFoldedWhereTheNextFoldIsFarBelow() throws Exception {
        test.forked("line", top);
        String last = top;
        for (int i = 0; i < 10; i++) {
            last = saved("line", "l" + i);
            var fold = snapshots.fold(last, Part.DISK, 4);
            if (fold.isPresent()) {
                fold(snapshots, fold.get());
            }
            assertThat(snapshots.fold(last, Part.DISK, 4)).isEmpty();
        }
        assertThat(snapshots.verify(last).disk().size()).isLessThan(8);
        assertThat(snapshots.list()).hasSize(13);
        for (var entry : snapshots.list()) {
            snapshots.verify(entry.manifest().id());
        }
    }

    private void foldAll() throws IOException {
        fold(snapshots);
    }

    private static void fold(SnapshotStore store) throws IOException {
        for (var fold : store.folds()) {
            fold(store, fold);
        }
    }

    private static void fold(SnapshotStore store, Fold fold) throws IOException {
        var begun = store.begin(fold);
        if (begun.isPresent()) {
            try (var folding = begun.get()) {
                boolean memory = fold.part() == Part.MEMORY;
                var file = memory ? folding.file("ram", "img") : folding.file("disk", "qcow2");
                Files.writeString(file, "folded " + fold.layers().size());
                folding.publish();
            }
        }
    }

    private static boolean isOurs(String name) {
        return name.equals(Verified.FILE)
                || List.of(SnapshotStore.MANIFEST, Replacement.FILE).contains(name)
                || name.equals(SnapshotStore.CLOSED);
    }

    private Path folder(String id) {
        return test.home.snapshotFolder(id);
    }

    private Path manifest(String id) {
        return folder(id).resolve(SnapshotStore.MANIFEST);
    }
}
