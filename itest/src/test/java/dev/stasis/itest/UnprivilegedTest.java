package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import dev.stasis.Stasis;
import dev.stasis.junit.Sandboxed;
import dev.stasis.junit.Warmup;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/// Everything works for a user without any privilege, also where reading another process's memory
/// is refused.
class UnprivilegedTest {
    private static final int NOBODY = 65534;

    /// The other classes look at this computer rather than at sandboxes, or need mounts.
    @Test
    void theTestsOfSandboxesPassAsAnUnprivilegedUser() throws Exception {
        var classes =
                List.of(
                        ExecTest.class,
                        FaultsTest.class,
                        ForkContinuesTest.class,
                        IdentityTest.class,
                        IsolationTest.class,
                        RunningCommandTest.class,
                        SeveralProcessesTest.class,
                        SnapshotLifeTest.class);
        var names = classes.stream().map(Class::getName).toArray(String[]::new);
        assertThat(unprivileged(List.of(), Suite.class, names)).contains("all done");
    }

    @Test
    void testsHaveForksOfTheirOwn() throws Exception {
        assertThat(unprivileged(List.of(), InForks.class)).contains("all done");
    }

    @Test
    void theWholePathWorksWhereReadingOfMemoryIsRefused() throws Exception {
        var options = List.of("-Ddev.stasis.machine.memory=qmp");
        assertThat(unprivileged(options, WholePath.class)).contains("all done");
    }

    private static String unprivileged(List<String> options, Class<?> main, String... args)
            throws Exception {
        boolean root = Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
        var base = Files.createTempDirectory("stasis-itest-");
        var home = Files.createDirectory(base.resolve("home"));
        try {
            Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
            var jvm = OtherJvm.on(home).deadline(Duration.ofMinutes(20));
            if (root) {
                jvm.classPath(copyOfClassPath(base.resolve("class-path")));
                Files.setAttribute(home, "unix:uid", NOBODY);
                jvm.under(
                        "setpriv",
                        "--reuid=" + NOBODY,
                        "--regid=" + NOBODY,
                        "--clear-groups",
                        "env",
                        "HOME=" + home);
            }
            options.forEach(jvm::option);
            return jvm.run(main, args);
        } finally {
            var left = Leaks.of(home);
            Files.walkFileTree(base, new DeleteAll());
            left.failUnlessLike(Leaks.NONE);
        }
    }

    /// The class path of this JVM, where any user can read it.
    private static String copyOfClassPath(Path folder) throws IOException {
        Files.createDirectory(folder);
        var copies = new ArrayList<String>();
        for (var entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            var original = Path.of(entry);
            if (Files.exists(original)) {
                var copy = folder.resolve(copies.size() + "-" + original.getFileName());
                copyTree(original, copy);
                copies.add(copy.toString());
            }
        }
        return String.join(File.pathSeparator, copies);
    }

    private static void copyTree(Path original, Path copy) throws IOException {
        try (var files = Files.walk(original)) {
            for (var file : (Iterable<Path>) files::iterator) {
                Files.copy(file, copy.resolve(original.relativize(file).toString()));
            }
        }
    }

    /// Tests in forks.
    @Sandboxed(memory = "256M", ports = 8080)
    static final class InForks {
        @Warmup
        static void warm(Sandbox sandbox) {
            Guest.of(sandbox)
                    .sh(
                            "echo warm > /dev/shm/state; setsid nc -ll -p 8080 -e cat < /dev/null > /dev/null 2>&1 &");
            sandbox.awaitPort(8080, Duration.ofMinutes(1));
        }

        @RepeatedTest(2)
        void eachTestHasAForkOfItsOwn(Sandbox fork) {
            assertThat(Guest.of(fork).sh("cat /dev/shm/state")).isEqualTo("warm");
            Guest.of(fork).sh("rm /dev/shm/state");
        }

        /// Runs them, and removes what is kept for the next run.
        public static void main(String[] args) {
            Suite.main(new String[] {InForks.class.getName()});
            try (var stasis = Stasis.open()) {
                var kept = stasis.snapshots(which -> which.label("stasis.junit"));
                assertThat(kept).hasSize(1);
                kept.forEach(info -> stasis.deleteSnapshot(info.name().orElseThrow()));
            }
        }
    }

    /// Runs classes of tests.
    static final class Suite {
        public static void main(String[] args) {
            var request =
                    LauncherDiscoveryRequestBuilder.request()
                            .selectors(
                                    Arrays.stream(args)
                                            .map(DiscoverySelectors::selectClass)
                                            .toList())
                            .build();
            var summary = new SummaryGeneratingListener();
            LauncherFactory.create().execute(request, summary);
            summary.getSummary()
                    .printFailuresTo(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
            long found = summary.getSummary().getTestsFoundCount();
            long passed = summary.getSummary().getTestsSucceededCount();
            if (passed != found
                    || found < args.length
                    || summary.getSummary().getTotalFailureCount() > 0) {
                throw new AssertionError(passed + " of " + found + " tests passed");
            }
            System.out.println("all done");
        }
    }

    /// What the other JVM does.
    static final class WholePath {
        public static void main(String[] args) {
            try (var stasis = Stasis.open()) {
                try (var base = stasis.create("base", s -> s.memory("256M"))) {
                    var token = Guest.of(base).startCounting().count().token();
                    var first = base.snapshot();
                    base.resume();
                    Guest.of(base).sh("echo second > /dev/shm/second; echo second > /root/second");
                    var second = base.snapshot().saveNamed("second");
                    check(Guest.of(first.restore("a")).count().token(), token);
                    check(
                            Guest.of(second.restoreWith("b", r -> r.env("K", "V")))
                                    .sh("cat /dev/shm/second /root/second; echo $K"),
                            "second\nsecond\nV");
                    var third = stasis.sandbox("b").snapshot();
                    check(Guest.of(third.restore("c")).sh("cat /root/second"), "second");
                    base.resume();
                    check(Guest.of(base).count().token(), token);
                }
                stasis.snapshot("second").restore("d").close();
                stasis.deleteSnapshot("second");
            }
            System.out.println("all done");
        }

        private static void check(String found, String expected) {
            if (!found.equals(expected)) {
                throw new AssertionError("expected '" + expected + "', found '" + found + "'");
            }
        }
    }
}
