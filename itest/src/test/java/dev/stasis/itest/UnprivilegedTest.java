package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Stasis;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Everything works for a user without any privilege, also where reading another process's memory
/// is refused.
class UnprivilegedTest {
    private static final int NOBODY = 65534;

    @Test
    void theWholePathWorksAsAnUnprivilegedUser() throws Exception {
        assertThat(wholePath(List.of())).contains("all done");
    }

    @Test
    void theWholePathWorksWhereReadingOfMemoryIsRefused() throws Exception {
        assertThat(wholePath(List.of("-Ddev.stasis.machine.memory=qmp"))).contains("all done");
    }

    private static String wholePath(List<String> options) throws Exception {
        boolean root = Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
        var home = Files.createTempDirectory("stasis-itest-");
        try {
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx------"));
            var jvm = OtherJvm.on(home);
            if (root) {
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
            return jvm.run(WholePath.class);
        } finally {
            var left = Leaks.of(home);
            Files.walkFileTree(home, new DeleteAll());
            left.failUnlessLike(Leaks.NONE);
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
