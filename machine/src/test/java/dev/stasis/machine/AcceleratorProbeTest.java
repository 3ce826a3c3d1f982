package dev.stasis.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.Accelerator;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.AcceleratorFinding.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AcceleratorProbeTest {
    private static final String COUNTED = "printf x >> \"${0%/*}/runs\"; ";

    @TempDir Path folder;
    private Path device;
    private Path program;

    @BeforeEach
    void makeADevice() throws IOException {
        device = Files.createFile(folder.resolve("kvm"));
        program = folder.resolve("qemu");
    }

    @Test
    void kvmIsUsedWhereThePayloadRunsAndTheAnswerIsKept() throws Exception {
        qemu(COUNTED + "exit 3");
        for (int i = 0; i < 3; i++) {
            var found = probe("").find();
            assertThat(found.accelerator()).isEqualTo(Accelerator.KVM);
            assertThat(found.cpu()).isEqualTo("host,migratable=on");
            assertThat(found.reason()).isEqualTo(Reason.KVM_WORKS);
        }
        assertThat(folder.resolve("runs")).hasContent("x");
    }

    @Test
    void aModelRegisterThatIsRefusedIsLeftOut() throws Exception {
        qemu("case \"$*\" in *-arch-capabilities*) exit 3;; *) echo no MSR; exit 1;; esac");
        assertThat(probe("").find().cpu()).isEqualTo("host,migratable=on,-arch-capabilities");
    }

    @Test
    void aPayloadThatDoesNotEndInTimeMeansEmulation() throws Exception {
        qemu("exec sleep 60");
        var found = probe("").find();
        assertThat(found.accelerator()).isEqualTo(Accelerator.TCG);
        assertThat(found.reason()).isEqualTo(Reason.TOO_SLOW);
        assertThat(found.explanation()).contains("did not end in 400 ms", "interpreted");

        var forced = probe("kvm").find();
        assertThat(forced.accelerator()).isEqualTo(Accelerator.KVM);
        assertThat(forced.cpu()).isEqualTo("host,migratable=on");
    }

    @Test
    void whatQemuSaidIsInTheExplanation() throws Exception {
        qemu("echo this went wrong; exit 1");
        var found = probe("").find();
        assertThat(found.reason()).isEqualTo(Reason.QEMU_FAILED);
        assertThat(found.explanation()).contains("exit code 1", "this went wrong");
        impossible().withMessageContaining("this went wrong");
    }

    @Test
    void aMissingDeviceIsNotRemembered() throws Exception {
        qemu("exit 3");
        Files.delete(device);
        assertThat(probe("").find().reason()).isEqualTo(Reason.NO_DEVICE);
        impossible().withMessageContaining("there is no " + device);
        Files.createFile(device);
        assertThat(probe("").find().reason()).isEqualTo(Reason.KVM_WORKS);
    }

    @Test
    void theVariableDecides() throws Exception {
        qemu(COUNTED + "exit 3");
        var found = probe("tcg").find();
        assertThat(found.accelerator()).isEqualTo(Accelerator.TCG);
        assertThat(found.reason()).isEqualTo(Reason.FORCED);
        assertThat(folder.resolve("runs")).doesNotExist();
        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(() -> probe("xen").find())
                .matches(e -> e.code() == ErrorCode.INVALID_ARGUMENT)
                .withMessageContaining("'xen'");
    }

    @Test
    void anotherQemuIsAskedAnew() throws Exception {
        qemu(COUNTED + "exit 3");
        probe("").find();
        qemu(COUNTED + " exit 3");
        probe("").find();
        assertThat(folder.resolve("runs")).hasContent("xx");
    }

    @Test
    @Tag("kvm")
    void theRealDeviceGetsAnAnswer() {
        var probe =
                new AcceleratorProbe(TestTools.qemu(), TestTools.payload(), folder.resolve("real"));
        assertThat(probe.find().reason()).isIn(Reason.KVM_WORKS, Reason.TOO_SLOW);
    }

    private void qemu(String script) throws IOException {
        TestTools.script(program, script);
    }

    private AcceleratorProbe probe(String wanted) throws IOException {
        var qemu = new Qemu(program, QemuVersion.OLDEST, Files.size(program) + "");
        var host =
                new AcceleratorProbe.Host(
                        Map.of(AcceleratorProbe.VARIABLE, wanted), device, Duration.ofMillis(400));
        var cache = new SmallCache(folder.resolve("cache"));
        return new AcceleratorProbe(host, qemu, Path.of("/payload"), cache);
    }

    private ThrowableAssertAlternative<StasisException> impossible() {
        return assertThatExceptionOfType(StasisException.class)
                .isThrownBy(() -> probe("kvm").find())
                .matches(e -> e.code() == ErrorCode.KVM_UNAVAILABLE);
    }
}
