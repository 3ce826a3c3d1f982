package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Which QEMU may go on where another one stood, and one that crashes. The QEMU that runs is always
/// the real one: a script only changes what it says of its version, or does not start it.
class CompatibilityTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    @TempDir Path folder;

    @Test
    void anOlderQemuIsRefusedByNamingTheDifferenceAndANewerOneGoesOn() throws Exception {
        try (var base = MACHINES.stasis().create("base", s -> s.memory("256M"))) {
            Guest.of(base).sh("echo kept > /dev/shm/x");
            base.snapshot().saveNamed("seeded");
        }
        var older = with("7.2.0").runToEnd(Main.class, "restore", "seeded", "older");
        assertThat(older.output()).contains("captured by").contains("older here: 7.2.0");
        assertThat(older.exitCode())
                .isEqualTo(ErrorCode.INCOMPATIBLE_SNAPSHOT.category().exitCode());
        assertThat(MACHINES.stasis().sandboxes()).isEmpty();

        var newer = with("7.2.999").runToEnd(Main.class, "restore", "seeded", "newer");
        assertThat(newer.exitCode()).as(newer.output()).isZero();
        assertThat(Guest.of(MACHINES.stasis().sandbox("newer")).sh("cat /dev/shm/x"))
                .isEqualTo("kept");
        assertThat(
                        with("7.2.999")
                                .runToEnd(Main.class, "snapshot", "newer", "--name", "later")
                                .exitCode())
                .isZero();
        MACHINES.stasis().sandbox("newer").remove();
        assertThatThrownBy(() -> MACHINES.stasis().snapshot("later").restore("back"))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INCOMPATIBLE_SNAPSHOT))
                .hasMessageContaining("captured by 7.2.999");
        MACHINES.stasis().deleteSnapshot("later");
        MACHINES.stasis().deleteSnapshot("seeded");
    }

    /// With a template, and without.
    @ParameterizedTest
    @ValueSource(strings = {"on", "off"})
    void aBootThatQemuCrashesInIsTriedAgainOnce(String templates) throws Exception {
        var once = crashing(1, templates).runToEnd(Main.class, "create", "--name", "crashed");
        assertThat(once.exitCode()).as(once.output()).isZero();
        assertThat(once.output()).contains("ended by signal 11", "booted once more");
        MACHINES.stasis().sandbox("crashed").remove();

        var twice = crashing(2, templates).runToEnd(Main.class, "create", "--memory", "300M");
        assertThat(twice.exitCode()).isEqualTo(ErrorCode.MACHINE_FAILED.category().exitCode());
        assertThat(twice.output()).contains("stasis: ", "ended by signal 11");
        assertThat(MACHINES.stasis().sandboxes()).isEmpty();
    }

    /// A JVM whose QEMU ends by a segmentation fault instead of booting a kernel, some times.
    private OtherJvm crashing(int times, String templates) throws IOException {
        var crashes = Files.createDirectories(folder.resolve("crashes-" + times + templates));
        return qemu(
                        "crashing-" + times,
                        """
                        case "$*" in
                            *" -kernel "*)
                                if [ "$(ls %1$s | wc -l)" -lt %2$d ]; then
                                    : >%1$s/$$
                                    kill -SEGV $$
                                fi ;;
                        esac
                        exec qemu-system-x86_64 "$@"
                        """
                                .formatted(crashes, times))
                .option("-Ddev.stasis.templates=" + templates);
    }

    /// A JVM whose QEMU claims a version.
    private OtherJvm with(String version) throws IOException {
        return qemu(
                version,
                """
                case "$1" in
                    --version | -version) echo "QEMU emulator version %s" ;;
                    *) exec qemu-system-x86_64 "$@" ;;
                esac
                """
                        .formatted(version));
    }

    private OtherJvm qemu(String name, String script) throws IOException {
        var file = folder.resolve("qemu-" + name);
        Files.writeString(file, "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return OtherJvm.on(MACHINES.home()).env("STASIS_QEMU", file.toString());
    }
}
