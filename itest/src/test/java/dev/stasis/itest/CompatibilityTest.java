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

/// Which QEMU may go on where another one stood. The QEMU that runs is always the real one: a
/// script only changes what it says of its version.
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

    /// A JVM whose QEMU claims a version.
    private OtherJvm with(String version) throws IOException {
        var script = folder.resolve("qemu-" + version);
        Files.writeString(
                script,
                """
                #!/bin/sh
                case "$1" in
                    --version | -version) echo "QEMU emulator version %s" ;;
                    *) exec qemu-system-x86_64 "$@" ;;
                esac
                """
                        .formatted(version));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return OtherJvm.on(MACHINES.home()).env("STASIS_QEMU", script.toString());
    }
}
