package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Network;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/// A real distribution as image: Debian with Python, git and a C compiler, made by mmdebstrap.
class DebianTest {
    private static final int BUILD_MINUTES = 10;

    private static final String INSTALL =
            "apt-get -q -o APT::Sandbox::User=root install -y --no-install-recommends ";

    @RegisterExtension static final Machines MACHINES = new Machines();
    @TempDir Path folder;

    /// A process that holds a large structure, and answers requests that are files in /tmp from it.
    private static final String SERVER =
            """
            import hashlib, os, time
            table = {n: hashlib.sha256(str(n).encode()).hexdigest() for n in range(200000)}
            open('/tmp/ready', 'w').close()
            while True:
                if os.path.exists('/tmp/ask'):
                    with open('/tmp/ask') as f:
                        key = f.read().strip()
                    os.unlink('/tmp/ask')
                    with open('/tmp/.answer', 'w') as f:
                        f.write(table[int(key)] + ' ' + str(len(table)))
                    os.rename('/tmp/.answer', '/tmp/answer')
                    table[len(table)] = 'added'
                time.sleep(0.01)
            """;

    @Test
    void aPythonProcessWithALargeStructureAnswersFromItInEveryFork() throws Exception {
        var tar = debian();
        try (var base =
                MACHINES.stasis().create("debian", s -> s.image(tar.toString()).memory("1G"))) {
            var guest = Guest.of(base);
            assertThat(guest.sh("cat /etc/debian_version")).startsWith("12");
            assertThat(guest.sh("stat -c '%U %G %a' /etc/shadow /tmp"))
                    .isEqualTo("root shadow 640\nroot root 1777");
            assertThat(guest.sh("find / -xdev -type b 2>/dev/null | head -n 1")).isEmpty();
            guest.sh(
                    "cat > /root/server.py <<'END'\n"
                            + SERVER
                            + "END\nsetsid python3 /root/server.py < /dev/null > /tmp/log 2>&1 &\n"
                            + "until [ -e /tmp/ready ]; do sleep 0.1; done");
            var snapshot = base.snapshot();
            try (var one = snapshot.restore("one");
                    var two = snapshot.restore("two")) {
                for (var fork : List.of(one, two)) {
                    assertThat(ask(Guest.of(fork), 123456))
                            .isEqualTo(
                                    "8d969eef6ecad3c29a3a629280e686cf0c3f5d5a86aff3ca12020c923adc6c92 200000");
                    assertThat(ask(Guest.of(fork), 123456)).endsWith(" 200001");
                }
            }
        }
    }

    private static final String PROGRAM =
            """
            #include <stdio.h>
            int main(void) { return printf("%d\\n", 6 * 7) < 0; }
            """;

    @Test
    void gitAndACompilerWorkOnFilesThatWereCopiedInAndWhatTheyMadeIsWholeWhenItWasOutsideOnce()
            throws Exception {
        var project = Files.createDirectories(folder.resolve("project"));
        Files.writeString(project.resolve("main.c"), PROGRAM);
        var tar = debian();
        try (var sandbox = MACHINES.stasis().create("built", s -> s.image(tar.toString()))) {
            var guest = Guest.of(sandbox);
            sandbox.files().copyIn(project, "/work");
            guest.sh(
                    "cd /work; tcc -o main main.c; git init -q; git add .;"
                            + " git -c user.name=x -c user.email=x@y commit -qm first");

            sandbox.files().copyOut("/work", folder.resolve("back"));
            sandbox.files().copyIn(folder.resolve("back"), "/again");

            assertThat(
                            guest.sh(
                                    "cd /again; git fsck --strict 2>&1; git status --porcelain; ./main"))
                    .isEqualTo("42");
            assertThat(guest.sh("git -C /again log --format=%s")).isEqualTo("first");
        }
    }

    @Test
    void packagesAreInstalledThroughTheNetworkBeforeASnapshotAndInItsForks() throws Exception {
        var tar = debian();
        try (var base =
                MACHINES.stasis()
                        .create(
                                "packages",
                                s -> s.image(tar.toString()).memory("1G").network(Network.NAT))) {
            var guest = Guest.of(base);
            guest.sh("apt-get -q update && " + INSTALL + "hello");
            try (var snapshot = base.snapshot();
                    var one = snapshot.restore("first");
                    var two = snapshot.restore("second")) {
                for (var fork : List.of(one, two)) {
                    assertThat(Guest.of(fork).sh("hello")).isEqualTo("Hello, world!");
                    Guest.of(fork).sh(INSTALL + "ed");
                    assertThat(Guest.of(fork).sh("ed --version")).startsWith("GNU ed");
                }
            }
        }
    }

    private static String ask(Guest guest, int key) {
        return guest.sh(
                "rm -f /tmp/answer; echo "
                        + key
                        + " > /tmp/.ask; mv /tmp/.ask /tmp/ask; until [ -e /tmp/answer ]; do sleep 0.05; done; cat /tmp/answer");
    }

    /// The image, which the tests of other modules use too.
    private static Path debian() throws Exception {
        var script = Path.of("..", "build", "test-images.sh").toAbsolutePath();
        var process =
                new ProcessBuilder(script.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        var printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(BUILD_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new AssertionError(script + " failed: see above");
        }
        return Path.of(printed.strip());
    }
}
