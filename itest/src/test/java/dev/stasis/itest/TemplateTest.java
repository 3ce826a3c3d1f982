package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import dev.stasis.Stasis;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Sandboxes are restored from templates of their images, and nobody notices.
class TemplateTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    @Test
    void sandboxesOfOneImageShareATemplateAndLookCreated() throws Exception {
        var told = new ArrayList<String>();
        try (var a =
                        MACHINES.stasis()
                                .create("a", s -> s.env("COLOUR", "red").progress(told::add));
                var b = MACHINES.stasis().create("b", s -> s.cpus(2).progress(told::add))) {
            assertThat(templates()).hasSize(1);
            assertThat(told).filteredOn(line -> line.startsWith("Booting")).hasSizeLessThan(2);
            assertThat(commandLine("b")).contains("-incoming");
            assertThat(b.info().snapshot()).isEmpty();
            assertThat(MACHINES.stasis().restorableSnapshots()).isEmpty();
            assertThat(Guest.of(a).sh("hostname; echo $COLOUR")).isEqualTo("a\nred");
            assertThat(Guest.of(b).sh("hostname; echo $COLOUR")).isEqualTo("b");
            assertThat(Guest.of(a).number("nproc")).isEqualTo(1);
            assertThat(Guest.of(b).number("nproc")).isEqualTo(2);
            assertThat(Guest.of(b).number("cat /proc/sys/vm/compaction_proactiveness"))
                    .as("what wakes an idle guest")
                    .isZero();
            assertThat(random(a)).isNotEqualTo(random(b));
            assertThat(Guest.of(b).number("date +%s"))
                    .isBetween(
                            Instant.now().getEpochSecond() - 5, Instant.now().getEpochSecond() + 5);
            assertThat(b.usage().ownMemory().mebibytes()).isLessThan(64);
        }
    }

    @Test
    void aSnapshotOfACreatedSandboxIsSmallAndOutlivesTheTemplate() throws Exception {
        try (var base = MACHINES.stasis().create("base", _ -> {})) {
            Guest.of(base).sh("echo kept > /dev/shm/x; echo kept > /root/x");
            try (var snapshot = base.snapshot().saveNamed("kept")) {
                assertThat(snapshot.info().bytesOnDisk().mebibytes()).isLessThan(30);
                for (var key : keys()) {
                    Files.setLastModifiedTime(
                            key, FileTime.from(Instant.now().minus(Duration.ofDays(8))));
                }
                try (var again = Stasis.open(MACHINES.home())) {
                    assertThat(keys()).as("unused templates go").isEmpty();
                    try (var fork = again.snapshot("kept").restore("fork")) {
                        assertThat(Guest.of(fork).sh("cat /dev/shm/x /root/x"))
                                .isEqualTo("kept\nkept");
                    }
                }
                base.resume();
                assertThat(Guest.of(base).sh("cat /dev/shm/x")).isEqualTo("kept");
            } finally {
                MACHINES.stasis().deleteSnapshot("kept");
            }
        }
    }

    @Test
    void eachMemorySizeHasATemplate() throws Exception {
        try (var small = MACHINES.stasis().create("small", s -> s.memory("256M"));
                var usual = MACHINES.stasis().create("usual", _ -> {})) {
            assertThat(templates()).hasSize(2);
            assertThat(kibibytes(small)).isLessThan(256 * 1024);
            assertThat(kibibytes(usual)).isGreaterThan(256 * 1024);
        }
    }

    @Test
    void aDamagedTemplateIsMadeAnew() throws Exception {
        create();
        var damaged = template();
        try (var file = new RandomAccessFile(damaged.resolve("ram.img").toFile(), "rw")) {
            file.setLength(4096);
        }
        create();
        assertThat(template()).isNotEqualTo(damaged);
        Files.writeString(template().resolve("devices"), "nothing");
        create();
        assertThat(templates()).hasSize(1);
    }

    @Test
    void aTemplateOfSomethingElseIsNotUsed() throws Exception {
        create();
        var key = keys().getFirst();
        var other = key.resolveSibling("0".repeat(64));
        Files.move(key, other);
        create();
        assertThat(keys()).hasSize(2);
        assertThat(Files.readString(key)).isNotEqualTo(Files.readString(other));
        Files.delete(other);
        create();
    }

    @Test
    void aBuilderThatIsKilledLeavesNothingAndTheNextOneBuilds() throws Exception {
        forgetTemplates();
        try (var other = creating("doomed")) {
            Eventually.is(
                    Duration.ofMinutes(2), "a template is being made", TemplateTest::isBeingMade);
            other.kill();
            try (var again = Stasis.open(MACHINES.home())) {
                assertThat(again.sandboxes()).isEmpty();
                assertThat(isBeingMade()).isFalse();
            }
            assertThat(templates()).isEmpty();
            create();
            assertThat(templates()).hasSize(1);
        }
    }

    private static RunningJvm creating(String name) throws IOException {
        return OtherJvm.on(MACHINES.home()).start(Creates.class, name);
    }

    @Test
    void twoProcessesThatNeedTheSameTemplateMakeItOnce() throws Exception {
        forgetTemplates();
        try (var first = creating("p0");
                var second = creating("p1")) {
            var said = new StringBuilder();
            for (var other : List.of(first, second)) {
                assertThat(other.awaitEnd(Duration.ofMinutes(5))).isZero();
                said.append(other.output());
            }
            assertThat(said.toString().lines().filter("done"::equals)).hasSize(2);
            assertThat(said.toString().lines().filter(line -> line.startsWith("Booting")))
                    .hasSize(1);
            assertThat(templates()).hasSize(1);
        }
    }

    /// What the other processes do.
    static final class Creates {
        public static void main(String[] args) {
            try (var stasis = Stasis.open();
                    var sandbox = stasis.create(args[0], s -> s.progress(Creates::say))) {
                if (Guest.of(sandbox).sh("hostname").equals(args[0])) {
                    System.out.println("done");
                }
            }
        }

        private static void say(String line) {
            System.out.println(line);
        }
    }

    private static void create() {
        try (var sandbox = MACHINES.stasis().create("one", _ -> {})) {
            assertThat(Guest.of(sandbox).sh("hostname")).isEqualTo("one");
        }
    }

    private static String random(Sandbox sandbox) {
        return Guest.of(sandbox).sh("head -c 16 /dev/urandom | md5sum");
    }

    private static long kibibytes(Sandbox sandbox) {
        return Guest.of(sandbox).number("awk '/MemTotal/ {print $2}' /proc/meminfo");
    }

    private static String commandLine(String sandbox) throws Exception {
        long pid = MachineProcess.await(MACHINES.home(), sandbox).pid();
        return Files.readString(Path.of("/proc/" + pid + "/cmdline"));
    }

    private static Set<String> templates() {
        return new TreeSet<>(Leaks.templates(MACHINES.home()));
    }

    private static Path template() {
        return MACHINES.home().resolve("snapshots").resolve(templates().iterator().next());
    }

    private static List<Path> keys() throws IOException {
        try (var files = Files.list(MACHINES.home().resolve("templates"))) {
            return files.toList();
        }
    }

    /// The next open of the home takes the snapshots away.
    private static void forgetTemplates() throws IOException {
        for (var key : keys()) {
            Files.setLastModifiedTime(key, FileTime.fromMillis(0));
        }
        Stasis.open(MACHINES.home()).close();
    }

    private static boolean isBeingMade() throws IOException {
        try (var folders = Files.list(MACHINES.home().resolve("snapshots"))) {
            return folders.anyMatch(
                    folder -> Files.exists(folder.resolve("logs").resolve("console.log")));
        }
    }
}
