package dev.stasis.store;

import static dev.stasis.store.TestHome.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HomeTest {
    @TempDir Path temp;

    private static String mode(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static Host host(Map<String, String> environment) {
        return new Host(environment, Host.current().uid(), "boot", InstantSource.system());
    }

    @Test
    void aNewHomeBelongsToItsUserAlone() throws Exception {
        Path root = temp.resolve("a/b/home");
        var home = Home.open(root);

        assertThat(mode(root)).isEqualTo("rwx------");
        assertThat(Files.readString(root.resolve("format"))).isEqualTo("stasis-home 1\n");
        for (Path folder :
                new Path[] {home.bootFolder(), home.imagesFolder(), home.sandboxesFolder()}) {
            assertThat(mode(folder)).isEqualTo("rwx------");
        }
        assertThat(Home.open(root).root()).isEqualTo(home.root());
    }

    @Test
    void aHomeThatIsOpenToOthersIsClosed() throws Exception {
        Home.open(temp.resolve("home"));
        Files.setPosixFilePermissions(
                temp.resolve("home"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Home.open(temp.resolve("home"));

        assertThat(mode(temp.resolve("home"))).isEqualTo("rwx------");
    }

    @Test
    void manyMayCreateTheSameHomeAtOnce() throws Exception {
        for (int round = 0; round < 20; round++) {
            Path root = temp.resolve("home-" + round);
            var opened = new ArrayList<Future<Home>>();
            try (var threads = Executors.newFixedThreadPool(8)) {
                for (int i = 0; i < 8; i++) {
                    opened.add(threads.submit(() -> Home.open(root)));
                }
            }
            for (var home : opened) {
                assertThat(home.get().root()).isEqualTo(root.toRealPath());
            }
        }
    }

    @Test
    void aFolderThatHoldsSomethingElseIsRefusedAndLeftAsItIs() throws Exception {
        Files.writeString(temp.resolve("thesis.txt"), "mine");
        String before = mode(temp);
        var failure = assertFails(ErrorCode.HOME_UNUSABLE, () -> Home.open(temp));

        assertThat(failure).hasMessageContaining("thesis.txt");
        assertThat(mode(temp)).isEqualTo(before);
        try (var entries = Files.list(temp)) {
            assertThat(entries).hasSize(1);
        }
    }

    @Test
    void whatIsNoFolderIsRefused() throws Exception {
        Path file = Files.createFile(temp.resolve("file"));
        assertFails(ErrorCode.HOME_UNUSABLE, () -> Home.open(file));
        assertThat(Files.size(file)).isZero();
    }

    @Test
    void aHomeOfAnotherUserIsRefused() {
        Home.open(temp.resolve("home"));
        var stranger = new Host(Map.of(), 4_000_000, "boot", InstantSource.system());
        var failure =
                assertFails(
                        ErrorCode.HOME_UNUSABLE,
                        () -> Home.open(temp.resolve("home"), stranger, new Disk()));
        assertThat(failure).hasMessageContaining("this is user 4000000");
    }

    @Test
    void aHomeOfANewerStasisIsRefused() throws Exception {
        Home.open(temp.resolve("home"));
        Files.writeString(temp.resolve("home/format"), "stasis-home 2\n");
        var failure = assertFails(ErrorCode.HOME_UNUSABLE, () -> Home.open(temp.resolve("home")));
        assertThat(failure).hasMessageContaining("stasis-home 2");
    }

    @Test
    void aHomeThatCannotBeWrittenIsRefused() {
        var failure =
                assertFails(ErrorCode.HOME_UNUSABLE, () -> Home.open(Path.of("/proc/stasis")));
        assertThat(failure).hasMessageContaining("/proc/stasis");
    }

    @Test
    void aFullDiskIsNamedWhenAHomeIsMade() {
        var failure =
                assertFails(
                        ErrorCode.DISK_FULL,
                        () -> TestHome.open(temp.resolve("home"), new FullDisk(0)));
        assertThat(failure).hasMessageContaining("free some space");
    }

    @Test
    void theRunFolderIsInTheUsersOwnRuntimeFolder() throws Exception {
        Path runtime = Files.createDirectory(temp.resolve("run"));
        var home =
                Home.open(
                        temp.resolve("home"),
                        host(Map.of("XDG_RUNTIME_DIR", runtime.toString())),
                        new Disk());
        Path folder = home.runtime().create("aaaaaaaaaaaa");

        assertThat(folder).hasParent(home.runtime().root());
        assertThat(home.runtime().root()).hasParent(runtime);
        assertThat(mode(home.runtime().root())).isEqualTo("rwx------");
        assertThat(mode(folder)).isEqualTo("rwx------");
        assertThat(home.runtime().create("aaaaaaaaaaaa")).isEqualTo(folder);
    }

    @Test
    void theRunFolderIsInTmpWhereTheUserHasNoneThatServes() {
        var long_ = temp.resolve("x".repeat(90));
        for (String given : new String[] {"", "relative", "/proc/1/none", long_.toString()}) {
            var environment = new HashMap<String, String>();
            environment.put("XDG_RUNTIME_DIR", given);
            var runtime = RuntimeFolder.of(temp, host(environment), Path.of("/tmp"));

            assertThat(runtime.root().toString())
                    .startsWith("/tmp/stasis-" + Host.current().uid() + "-");
        }
    }

    @Test
    void socketPathsAreShortEnoughForTheKernel() throws Exception {
        for (int length = 1; length < 100; length += 7) {
            Path given = Files.createDirectory(temp.resolve("r".repeat(length)));
            var runtime =
                    RuntimeFolder.of(
                            temp,
                            host(Map.of("XDG_RUNTIME_DIR", given.toString())),
                            Path.of("/tmp"));
            var socket = runtime.of("aaaaaaaaaaaa").resolve("lane.15.lock").toString();
            assertThat(socket.getBytes(StandardCharsets.UTF_8))
                    .hasSizeLessThan(RuntimeFolder.LONGEST_SOCKET_PATH_BYTES);
        }
    }

    @Test
    void aRunFolderThatSomebodyElsePreparedIsRefused() throws Exception {
        var runtime = RuntimeFolder.of(temp, host(Map.of()), temp);
        Path elsewhere = Files.createDirectory(temp.resolve("elsewhere"));

        Files.createSymbolicLink(runtime.root(), elsewhere);
        assertThat(assertFails(ErrorCode.HOME_UNUSABLE, () -> runtime.create("aaaaaaaaaaaa")))
                .hasMessageContaining("is no folder");
        Files.delete(runtime.root());

        Files.createFile(runtime.root());
        assertFails(ErrorCode.HOME_UNUSABLE, () -> runtime.create("aaaaaaaaaaaa"));
        Files.delete(runtime.root());

        Files.createDirectory(
                runtime.root(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
        assertThat(assertFails(ErrorCode.HOME_UNUSABLE, () -> runtime.create("aaaaaaaaaaaa")))
                .hasMessageContaining("mode 750");
        Files.delete(runtime.root());

        var stranger =
                RuntimeFolder.of(
                        temp, new Host(Map.of(), 4_000_000, "boot", InstantSource.system()), temp);
        Files.createDirectory(
                stranger.root(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        assertThat(assertFails(ErrorCode.HOME_UNUSABLE, () -> stranger.create("aaaaaaaaaaaa")))
                .hasMessageContaining("belongs to user");
        assertThat(elsewhere).isEmptyDirectory();
    }
}
