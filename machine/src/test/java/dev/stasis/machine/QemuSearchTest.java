package dev.stasis.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QemuSearchTest {
    private static final String NAME = "qemu-system-x86_64";

    @TempDir Path folder;

    @Test
    void theRealOneIsFoundOnThePath() {
        assertThat(TestTools.qemu().version()).isGreaterThanOrEqualTo(QemuVersion.OLDEST);
        assertThat(TestTools.qemu().executable()).isAbsolute().isExecutable();
    }

    @Test
    void theFirstOnThePathThatIsNewEnoughIsTaken() throws Exception {
        var old = program("old", "QEMU emulator version 6.2.0 (Debian)");
        var fine = program("new", "QEMU emulator version 9.1.2 (Debian 1:9)");
        var found = find(Map.of("PATH", folder.resolve("none") + "::" + old + ":" + fine));
        assertThat(found.executable()).isEqualTo(fine.resolve(NAME));
        assertThat(found.version()).isEqualTo(new QemuVersion(9, 1, 2));
    }

    @Test
    void theVariableGoesFirstAndLeavesNoChoice() throws Exception {
        var fine = program("new", "QEMU emulator version 9.1.2");
        var other = program("other", "QEMU emulator version 8.0.0").resolve(NAME);
        var both = Map.of("PATH", fine.toString(), Qemu.VARIABLE, other.toString());
        assertThat(find(both).executable()).isEqualTo(other);
        var wrong = Map.of("PATH", fine.toString(), Qemu.VARIABLE, "/nowhere/qemu");
        missing(wrong).withMessageContaining("/nowhere/qemu does not exist");
    }

    @Test
    void everythingThatWasTriedIsListedWithItsReason() throws Exception {
        var old = program("old", "QEMU emulator version 7.1.9");
        var other = program("other", "hello");
        var no = program("no", "hello");
        Files.setPosixFilePermissions(no.resolve(NAME), Set.of());
        missing(Map.of("PATH", "/nowhere:" + old + ":" + other + ":" + no))
                .withMessageContaining("No QEMU 7.2.0 or newer")
                .withMessageContaining("/nowhere/" + NAME + " does not exist")
                .withMessageContaining("too old: 7.1.9")
                .withMessageContaining("does not say that it is QEMU")
                .withMessageContaining("is not executable")
                .withMessageContaining("apt install qemu-system-x86");
        missing(Map.of()).withMessageContaining("the PATH is empty");
    }

    @Test
    void theVersionIsAskedForOnceUntilTheFileChanges() throws Exception {
        var one = program("one", "QEMU emulator version 9.1.2");
        var path = Map.of("PATH", one.toString());
        find(path);
        find(path);
        assertThat(one.resolve("asked")).hasContent("x");
        program("one", "QEMU emulator version 10.0.0");
        assertThat(find(path).version()).isEqualTo(new QemuVersion(10, 0, 0));
        assertThat(one.resolve("asked")).hasContent("xx");
    }

    @Test
    void aBrokenCacheIsAsGoodAsNone() throws Exception {
        var path = Map.of("PATH", program("one", "QEMU emulator version 9.1.2").toString());
        find(path);
        for (var broken : new String[] {"", "[]", "{\"key\":", "{\"key\":7}"}) {
            Files.writeString(folder.resolve("cache/qemu.json"), broken);
            assertThat(find(path).version()).isEqualTo(new QemuVersion(9, 1, 2));
        }
    }

    private Path program(String place, String says) throws IOException {
        var file = Files.createDirectories(folder.resolve(place)).resolve(NAME);
        TestTools.script(file, "printf x >> \"${0%/*}/asked\"; echo '" + says + "'");
        return folder.resolve(place);
    }

    private Qemu find(Map<String, String> environment) {
        return Qemu.find(environment, folder.resolve("cache"));
    }

    private ThrowableAssertAlternative<StasisException> missing(Map<String, String> environment) {
        return assertThatExceptionOfType(StasisException.class)
                .isThrownBy(() -> find(environment))
                .matches(e -> e.code() == ErrorCode.PROGRAM_MISSING);
    }
}
