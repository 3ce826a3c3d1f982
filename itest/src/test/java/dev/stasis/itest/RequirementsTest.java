package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import dev.stasis.SandboxState;
import dev.stasis.Stasis;
import dev.stasis.StasisException;
import dev.stasis.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What is said where something that Stasis needs is missing, and that nothing is lost or left
/// then.
class RequirementsTest {
    /// On tmpfs a page of a RAM image that is a hole takes space when it is first touched, so what
    /// is restored there needs more than these small disks have.
    private static final String BOOTED = "-Ddev.stasis.templates=off";

    private static final boolean ROOT = System.getProperty("user.name").equals("root");

    private Path home;

    @BeforeEach
    void makeHome() throws IOException {
        home = Files.createTempDirectory("stasis-itest-");
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        var left = Leaks.of(home);
        Files.walkFileTree(home, new DeleteAll());
        left.failUnlessLike(Leaks.NONE);
    }

    @Test
    void withoutQemuItSaysWhatToInstall() throws Exception {
        var ended =
                OtherJvm.on(home)
                        .env("STASIS_QEMU", "")
                        .env("PATH", "/nowhere")
                        .runToEnd(Main.class, "create", "--name", "x");

        assertThat(ended.output()).contains("qemu-system-x86").contains("apt");
        assertThat(ended.exitCode()).isEqualTo(ErrorCode.PROGRAM_MISSING.category().exitCode());
    }

    @Test
    void kvmCanBeRequired() throws Exception {
        var ended =
                OtherJvm.on(home)
                        .env("STASIS_ACCEL", "tcg")
                        .runToEnd(Main.class, "create", "--name", "x", "--require-kvm");

        assertThat(ended.output()).contains("KVM is required");
        assertThat(ended.exitCode()).isEqualTo(ErrorCode.KVM_UNAVAILABLE.category().exitCode());
    }

    @Test
    void aHomeThatCanNotBeWrittenIsRefused() throws Exception {
        var ended = OtherJvm.on(Path.of("/proc/self/stasis")).runToEnd(Main.class, "ls");

        assertThat(ended.output()).contains("/proc/self/stasis");
        assertThat(ended.exitCode()).isEqualTo(ErrorCode.HOME_UNUSABLE.category().exitCode());
    }

    @Test
    void aDiskThatFillsUpDuringACaptureLosesNothing() throws Exception {
        assertThat(onSmallDisk("240M", FillUp.class, BOOTED)).contains("all done");
    }

    @Test
    void aDiskThatFillsUpUnderARunningGuestIsSaidToBeFullAndTheGuestGoesOnAfterwards()
            throws Exception {
        assertThat(onSmallDisk("240M", WriteTooMuch.class, BOOTED)).contains("all done");
    }

    @Test
    void aSandboxBootsWhereThereIsNoSpaceForATemplate() throws Exception {
        assertThat(onSmallDisk("100M", CreateWithoutTemplate.class)).contains("all done");
    }

    @Test
    void aDiskThatIsFullFromTheStartIsSaidToBeFull() throws Exception {
        assertThat(onSmallDisk("8M", CreateOnFullDisk.class)).contains("all done");
    }

    /// Runs a JVM whose home is a small file system of its own, which goes with it.
    private String onSmallDisk(String size, Class<?> main, String... options) throws Exception {
        var jvm =
                OtherJvm.on(home)
                        .under(
                                "unshare",
                                ROOT ? "-m" : "-rm",
                                "sh",
                                "-c",
                                "mount -t tmpfs -o size="
                                        + size
                                        + " tmpfs "
                                        + home
                                        + " && exec \"$@\"",
                                "sh");
        for (var option : options) {
            jvm.option(option);
        }
        return jvm.run(main);
    }

    static final class CreateWithoutTemplate {
        public static void main(String[] args) throws Exception {
            try (var stasis = Stasis.open();
                    var one = stasis.create("one", _ -> {})) {
                require(Guest.of(one).sh("hostname").equals("one"), null);
                require(Leaks.templates(stasis.home()).isEmpty(), null);
                require(Leaks.of(stasis.home()).snapshots().isEmpty(), null);
            }
            System.out.println("all done");
        }
    }

    static final class CreateOnFullDisk {
        public static void main(String[] args) {
            try (var stasis = Stasis.open()) {
                stasis.create("x", _ -> {});
                throw new AssertionError("there was space");
            } catch (StasisException e) {
                require(e.code() == ErrorCode.DISK_FULL, e);
            }
            System.out.println("all done");
        }
    }

    static final class FillUp {
        public static void main(String[] args) {
            try (var stasis = Stasis.open();
                    var base = stasis.create("base", s -> s.memory("512M"))) {
                var token = Guest.of(base).startCounting().count().token();
                Guest.of(base)
                        .sh(
                                "head -c 10000000 /dev/urandom > /dev/shm/x; for n in $(seq 18); do cat /dev/shm/x >> /dev/shm/fill; done");
                try {
                    base.snapshot();
                    throw new AssertionError("there was space");
                } catch (StasisException e) {
                    require(e.code() == ErrorCode.DISK_FULL, e);
                }
                require(base.info().state() == SandboxState.RUNNING, null);
                require(stasis.restorableSnapshots().isEmpty(), null);
                var before = Guest.of(base).count();
                require(before.token().equals(token), null);
                Guest.of(base)
                        .sh(
                                "rm /dev/shm/fill /dev/shm/x; dd if=/dev/zero of=/dev/shm/zero bs=1M count=240 2>/dev/null; rm /dev/shm/zero");
                require(Guest.of(base).countOn().value() > before.value(), null);
                try (var fork = base.snapshot().restore("fork")) {
                    require(Guest.of(fork).count().token().equals(token), null);
                }
            }
            System.out.println("all done");
        }
    }

    static final class WriteTooMuch {
        public static void main(String[] args) throws Exception {
            try (var stasis = Stasis.open();
                    var executor = Executors.newVirtualThreadPerTaskExecutor();
                    var base = stasis.create("base", _ -> {})) {
                var ballast = stasis.home().resolve("ballast");
                Files.write(ballast, new byte[130 << 20]);
                var writing =
                        executor.submit(() ->
                                base.exec(
                                        "sh",
                                        "-c",
                                        "dd if=/dev/urandom of=/root/big bs=1M count=90 && sync"));
                Eventually.is(
                        Duration.ofMinutes(2),
                        "the full disk",
                        () -> base.info().state() == SandboxState.PAUSED);
                require(base.info().reason().orElse("").contains("disk is full"), null);
                Files.delete(ballast);
                base.resume();
                writing.get(2, TimeUnit.MINUTES).orThrow();
                require(Guest.of(base).number("stat -c %s /root/big") == 90 << 20, null);
            }
            System.out.println("all done");
        }
    }

    private static void require(boolean holds, StasisException found) {
        if (!holds) {
            throw new AssertionError(
                    found == null ? "it does not hold" : found.code() + ": " + found.getMessage(),
                    found);
        }
    }
}
