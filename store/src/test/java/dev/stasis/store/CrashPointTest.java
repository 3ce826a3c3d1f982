package dev.stasis.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.stasis.ErrorCode;
import dev.stasis.Finding;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Every operation of the store, ended before each of its changes of a file, by the end of the
/// process, by a loss of power, or by a disk that is full. What was promised before and not taken
/// back is there; what was being done is done, or never was.
class CrashPointTest {
    /// How often chance decides what a loss of power leaves, at each point.
    private static final int CHANCES = Integer.getInteger("stasis.chances", 1);

    private static final int MOST_POINTS = 400;

    private static final List<PowerLossDisk.Loss> LOSSES = losses();

    @TempDir(factory = QuickFolder.class)
    Path temp;

    private World established;
    private World.Travelling travelling;
    private String unnamed;

    @BeforeEach
    void establish() throws IOException {
        var away = new World(TestHome.open(temp.resolve("away")), World.Journal.NONE);
        away.boot("traveller");
        away.capture("traveller");
        away.write("traveller", "b", "2");
        travelling = away.export(away.capture("traveller"));

        var world = new World(TestHome.open(temp.resolve("home")), World.Journal.NONE);
        world.boot("base");
        var names = List.of("one", "two", "three", "four");
        for (String name : names) {
            world.write("base", name, name);
            world.save(world.capture("base"), Saving.as(name));
        }
        world.fork("fork", world.id("two"));
        world.write("fork", "b", "forked");
        world.save(world.capture("fork"), Saving.as("branch"));
        world.save(world.id("branch"), Saving.as("branch-too"));
        world.delete("three");
        world.write("base", "c", "last");
        unnamed = world.capture("base");
        world.assertRight();
        established = world;
    }

    @ParameterizedTest
    @EnumSource(Act.class)
    void whatIsPromisedOutlivesTheEndOfTheProcessAndALossOfPowerAtEveryPoint(Act act)
            throws Exception {
        var before = established.promised();
        var after = undisturbed(act);
        boolean died = true;
        for (int point = 0; died; point++) {
            assertThat(point).isLessThan(MOST_POINTS);
            Path home = copy("home-" + point);
            try (var disk = new PowerLossDisk(home, point)) {
                died = dies(act, home, disk);
                String when = "%s, ended before its change %d".formatted(act, point);
                for (int i = 0; i < LOSSES.size(); i++) {
                    var loss = LOSSES.get(i);
                    Path left = temp.resolve("left-" + point + "-" + i);
                    disk.lose(loss, new Random(point * 31L + i), left);
                    assertKept(
                            TestHome.afterRestart(left),
                            before,
                            died ? null : after,
                            after,
                            when + ", lost " + loss);
                    new Disk().deleteTree(left);
                }
            }
            assertKept(
                    TestHome.open(home), before, died ? null : after, after, act + " at " + point);
            new Disk().deleteTree(home);
        }
    }

    private static List<PowerLossDisk.Loss> losses() {
        var losses = new ArrayList<>(Collections.nCopies(CHANCES, PowerLossDisk.Loss.SOME));
        losses.add(PowerLossDisk.Loss.EVERYTHING);
        losses.add(PowerLossDisk.Loss.CONTENTS);
        return losses;
    }

    private boolean dies(Act act, Path home, Disk disk) throws IOException {
        try {
            act.in(established.on(TestHome.open(home, disk)), unnamed, travelling);
            return false;
        } catch (DyingDisk.Death e) {
            return true;
        }
    }

    @ParameterizedTest
    @EnumSource(Act.class)
    void aDiskThatIsFullAtAnyPointLosesNothingAndSaysSo(Act act) throws Exception {
        var before = established.promised();
        var after = undisturbed(act);
        for (int writes = 0; ; writes++) {
            assertThat(writes).isLessThan(MOST_POINTS);
            Path home = copy("full-" + writes);
            var world = established.on(TestHome.open(home, new FullDisk(writes)));
            boolean full = isFull(act, world);
            assertKept(
                    TestHome.open(home),
                    before,
                    full ? null : after,
                    after,
                    act + " with " + writes);
            if (!full) {
                return;
            }
            new Disk().deleteTree(home);
        }
    }

    private boolean isFull(Act act, World world) throws IOException {
        try {
            act.in(world, unnamed, travelling);
            return false;
        } catch (StasisException e) {
            assertThat(e.code()).as(e.toString()).isEqualTo(ErrorCode.DISK_FULL);
            return true;
        }
    }

    private SortedMap<String, String> undisturbed(Act act) throws IOException {
        Path home = copy("undisturbed");
        var world = established.on(TestHome.open(home));
        act.in(world, unnamed, travelling);
        world.test.snapshots.collect();
        var after = Layered.promised(world.test, "");
        assertThat(after).isEqualTo(world.promised());
        new Disk().deleteTree(home);
        return after;
    }

    /// @param certain what is promised, if the operation was over
    private static void assertKept(
            TestHome test,
            SortedMap<String, String> before,
            @Nullable SortedMap<String, String> certain,
            SortedMap<String, String> after,
            String when)
            throws IOException {
        var findings = test.home.repair();
        for (Finding finding : findings) {
            if (finding.outcome() == Finding.Outcome.LOST) {
                assertThat(finding.subject()).as(when + ": " + finding).startsWith("sandbox ");
            }
        }
        var found = Layered.promised(test, "");
        if (certain != null) {
            assertThat(found).as(when).isEqualTo(certain);
        } else {
            assertEither(found, before, after, when);
        }
        for (String sandbox : new Catalogue(test.home).sandboxNames()) {
            test.sandboxes.remove(sandbox);
        }
        test.snapshots.collect();
        assertThat(again(test).check()).as(when).isEmpty();
        assertThat(Layered.promised(test, "")).as(when).isEqualTo(found);
        assertNothingElse(test, when);
    }

    private static Home again(TestHome test) {
        return Home.open(test.home.root(), test.home.host(), new Disk());
    }

    private static void assertEither(
            SortedMap<String, String> found,
            SortedMap<String, String> before,
            SortedMap<String, String> after,
            String when) {
        var names = new TreeSet<>(before.keySet());
        names.addAll(after.keySet());
        names.addAll(found.keySet());
        for (String name : names) {
            var now = Optional.ofNullable(found.get(name));
            if (!now.equals(Optional.ofNullable(before.get(name)))
                    && !now.equals(Optional.ofNullable(after.get(name)))) {
                fail(
                        "%s: '%s' is %s; before it was %s, after it is %s"
                                .formatted(when, name, now, before.get(name), after.get(name)));
            }
        }
    }

    /// A crash leaves no trace: what is there is what names need.
    private static void assertNothingElse(TestHome test, String when) throws IOException {
        test.home.templates().prune(_ -> true);
        for (var name : new Catalogue(test.home).names().keySet()) {
            test.snapshots.delete(name);
        }
        assertThat(new Catalogue(test.home).snapshotIds()).as(when).isEmpty();
        assertThat(test.home.trashFolder()).as(when).isEmptyDirectory();
        assertThat(test.home.pinsFolder()).as(when).isEmptyDirectory();
        assertThat(test.home.snapshotsFolder().toFile().list()).as(when).hasSize(2);
        assertThat(test.home.sandboxesFolder()).as(when).isEmptyDirectory();
    }

    private Path copy(String name) throws IOException {
        Path source = temp.resolve("home");
        Path target = temp.resolve(name);
        Files.walkFileTree(
                source,
                new SimpleFileVisitor<Path>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path folder, BasicFileAttributes attributes) throws IOException {
                        return copied(folder);
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        return copied(file);
                    }

                    private FileVisitResult copied(Path path) throws IOException {
                        Files.copy(
                                path,
                                target.resolve(source.relativize(path)),
                                StandardCopyOption.COPY_ATTRIBUTES);
                        return FileVisitResult.CONTINUE;
                    }
                });
        return target;
    }

    @Test
    void theFakeDiskLosesWhatWasNotSynced() throws Exception {
        Path home = Files.createDirectory(temp.resolve("fake"));
        var plain = new Disk();
        plain.writeNew(home.resolve("old"), new byte[] {1}, Durability.SYNCED);
        try (var disk = new PowerLossDisk(home, Integer.MAX_VALUE)) {
            disk.writeNew(home.resolve("unsynced"), new byte[] {2}, Durability.UNSYNCED);
            disk.write(home.resolve("synced"), new byte[] {3}, Durability.SYNCED);
            disk.rename(home.resolve("old"), home.resolve("renamed"));
            Path left = temp.resolve("left");
            disk.lose(PowerLossDisk.Loss.EVERYTHING, new Random(1), left);
            assertThat(left.resolve("old")).hasBinaryContent(new byte[] {1});
            assertThat(left.resolve("renamed")).doesNotExist();
            // Its folder was synced after it was made, and its content never was.
            assertThat(left.resolve("unsynced")).isEmptyFile();
            assertThat(left.resolve("synced")).hasBinaryContent(new byte[] {3});
        }
    }
}
