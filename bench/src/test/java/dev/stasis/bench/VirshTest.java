package dev.stasis.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VirshTest {
    private static final Duration LONGEST = Duration.ofMinutes(2);
    private static final String DOMAIN =
            """
            <domain type="qemu">
              <name>a</name>
              <memory unit="MiB">64</memory>
              <os><type machine="q35">hvm</type></os>
              <devices>
                <controller type="usb" model="none"/>
                <memballoon model="none"/>
              </devices>
            </domain>
            """;

    private Path folder;

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createTempDirectory(Path.of("/tmp"), "virsh-"); // sockets' paths are short
    }

    @AfterEach
    void removeFolder() throws IOException {
        Files.walkFileTree(folder, new Workplace.Deletion());
    }

    @Test
    void whatVirshRefusesIsAFailureThatSaysWhy() throws IOException {
        try (var virsh = Virsh.start(folder)) {
            assertThatThrownBy(() -> virsh.run("domstate", "nobody's"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("failed to get domain 'nobody's'");
            assertThat(virsh.run("list", "--all", "--name")).doesNotContain("nobody");
        }
    }

    @Test
    void aMachineEndsWithTheVirshThatHasStartedIt() throws Exception {
        var xml = Files.writeString(folder.resolve("a.xml"), DOMAIN);
        ProcessHandle machine;
        try (var virsh = Virsh.start(folder)) {
            virsh.run("create", xml.toString(), "--paused");
            machine = ProcessHandle.of(virsh.pid("a")).orElseThrow();
        }
        machine.onExit().get(LONGEST.toSeconds(), TimeUnit.SECONDS);
        assertThat(machine.isAlive()).isFalse();
    }
}
