package dev.stasis.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.Accelerator;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.AcceleratorFinding.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AcceleratorProbeTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Duration SHORT = Duration.ofMillis(400);
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
        qemu("exec sleep 600");
        var found = probe("", SHORT).find();
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
        assertThat(found.explanation())
                .contains("code 1", "this went wrong")
                .doesNotContain("qemu.log");
        impossible().withMessageContaining("this went wrong");
    }

    @Test
    void qemuEndsWithAProcessThatIsKilledWhileItTriesKvm() throws Exception {
        qemu("echo $$ > \"${0%/*}/new\"; mv \"${0%/*}/new\" \"${0%/*}/pid\"; exec sleep 600");
        TestTools.launcher();
        var java = ProcessHandle.current().info().command().orElseThrow();
        var options =
                List.of(java, "--enable-native-access=ALL-UNNAMED", "-cp", TestTools.classPath());
        var command = new ArrayList<>(options);
        command.addAll(List.of(Looks.class.getName(), folder.toString()));
        var process = new ProcessBuilder(command).inheritIO().start();
        await("QEMU to be started", () -> Files.exists(folder.resolve("pid")));
        var pid = Long.parseLong(Files.readString(folder.resolve("pid")).strip());
        process.destroyForcibly().waitFor();
        await("QEMU to end", () -> ProcessHandle.of(pid).isEmpty());
        var files = new MachineFiles(folder.resolve("trial"), folder.resolve("trial/logs"));
        assertThat(Machine.awaitEnd(files, LONG)).isTrue();
    }

    private static void await(String what, BooleanSupplier done) {
        long end = System.nanoTime() + LONG.toNanos();
        while (!done.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waiting for " + what).isLessThan(end);
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
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
        var probe = new AcceleratorProbe(tools(TestTools.qemu()), folder.resolve("real"));
        assertThat(probe.find().reason()).isIn(Reason.KVM_WORKS, Reason.TOO_SLOW);
    }

    private void qemu(String script) throws IOException {
        TestTools.script(program, script);
    }

    private AcceleratorProbe probe(String wanted) throws IOException {
        return probe(wanted, LONG);
    }

    private AcceleratorProbe probe(String wanted, Duration patience) throws IOException {
        var qemu = new Qemu(program, QemuVersion.OLDEST, Files.size(program) + "");
        var host =
                new AcceleratorProbe.Host(
                        Map.of(AcceleratorProbe.VARIABLE, wanted), device, patience);
        return new AcceleratorProbe(host, tools(qemu), new SmallCache(folder.resolve("cache")));
    }

    private ProbeTools tools(Qemu qemu) {
        return new ProbeTools(
                qemu,
                TestTools.launcher(),
                TestTools.payload(),
                () -> Trial.in(folder.resolve("trial")));
    }

    /// Folders of a trial, which are gone and whose machine has ended when it is closed.
    private record Trial(MachineFiles files) implements TrialFiles {
        static Trial in(Path run) {
            try {
                Files.createDirectory(run);
                return new Trial(new MachineFiles(run, Files.createDirectory(run.resolve("logs"))));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            Machine.find(files).ifPresent(machine -> machine.kill(LONG));
            assertThat(Machine.awaitEnd(files, LONG)).isTrue();
            try (var left = Files.walk(files.run())) {
                left.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// Looks, in a process of its own, with what a test has put into a folder.
    static final class Looks {
        private Looks() {}

        public static void main(String[] arguments) throws IOException {
            var test = new AcceleratorProbeTest();
            test.folder = Path.of(arguments[0]);
            test.device = test.folder.resolve("kvm");
            test.program = test.folder.resolve("qemu");
            test.probe("").find();
        }
    }

    private ThrowableAssertAlternative<StasisException> impossible() {
        return assertThatExceptionOfType(StasisException.class)
                .isThrownBy(() -> probe("kvm").find())
                .matches(e -> e.code() == ErrorCode.KVM_UNAVAILABLE);
    }
}
