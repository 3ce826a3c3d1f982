package dev.stasis.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.Accelerator;
import dev.stasis.ByteSize;
import dev.stasis.StasisException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MachineSpecTest {
    private static final Qemu OLD = new Qemu(Path.of("/qemu"), new QemuVersion(7, 2, 0), "");
    private static final Qemu NEW = new Qemu(Path.of("/qemu"), new QemuVersion(8, 2, 0), "");
    private static final MachineFiles FILES =
            new MachineFiles(Path.of("/run/a,b"), Path.of("/logs"));

    @Test
    void theDefaultsAreThese() {
        var spec = builder(OLD).build();
        assertThat(spec.memory()).isEqualTo(ByteSize.parse("512M"));
        assertThat(spec.cpus()).isEqualTo(1);
        assertThat(spec.lanes()).isEqualTo(16);
        assertThat(spec.accelerator()).isEqualTo(Accelerator.TCG);
        assertThat(spec.attached()).isTrue();
    }

    @Test
    void whatIsOutOfBoundsIsRefused() {
        refused(builder(OLD).cpus(0));
        refused(builder(OLD).cpus(256));
        refused(builder(OLD).lanes(30));
        refused(builder(OLD).memory(ByteSize.parse("1000K")));
        refused(builder(OLD).memory(new ByteSize(0)));
        refused(builder(OLD).memory(ByteSize.parse("8T")));
    }

    @Test
    void aLongRunFolderIsRefusedWithTheLimit() {
        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(() -> new MachineFiles(Path.of("/" + "x".repeat(100)), Path.of("/l")))
                .withMessageContaining("107");
    }

    @Test
    void ramIsMappedReadOnlyWhereQemuCanAndAlwaysPrivately() {
        var images = Map.of("ram", Path.of("/ram.img"));
        assertThat(QemuCommand.of(builder(OLD).build(), images))
                .anySatisfy(argument ->
                        assertThat(argument)
                                .contains("\"mem-path\":\"/ram.img\"", "\"share\":false")
                                .doesNotContain("readonly"));
        assertThat(QemuCommand.of(builder(NEW).build(), images))
                .anySatisfy(argument ->
                        assertThat(argument)
                                .contains(
                                        "\"share\":false", "\"readonly\":true", "\"rom\":\"off\""));
    }

    @Test
    void pluggedMemoryIsWhereItWasAndHasAnImageOfItsOwn() {
        var spec =
                builder(OLD)
                        .memory(ByteSize.parse("512M"))
                        .memoryLimit(ByteSize.parse("4G"))
                        .dimms(List.of(new Dimm(7, ByteSize.parse("1G"), 3, 0x1_4000_0000L)))
                        .build();
        var images = Map.of("ram", Path.of("/ram.img"), "dimm-7", Path.of("/dimm-7.img"));
        assertThat(QemuCommand.of(spec, images))
                .contains("size=512M,slots=64,maxmem=4096M")
                .anySatisfy(argument ->
                        assertThat(argument)
                                .contains("\"id\":\"dimm-7\"", "\"mem-path\":\"/dimm-7.img\""))
                .contains(
                        "{\"driver\":\"pc-dimm\",\"id\":\"dimm-7\",\"memdev\":\"dimm-7\",\"slot\":3,\"addr\":5368709120}");
        assertThat(QemuCommand.of(builder(OLD).build(), Map.of())).contains("size=512M");
    }

    @Test
    void aRestoreLoadsNoKernelAndWaits() {
        var kernel = new Boot.Kernel(Path.of("/vmlinux"), Path.of("/initrd"), "quiet");
        var spec = MachineSpec.builder(OLD, Path.of("/launcher"), kernel, FILES).build();
        assertThat(QemuCommand.of(spec, Map.of())).contains("-kernel").doesNotContain("-incoming");
        assertThat(QemuCommand.of(spec, Map.of("ram", Path.of("/ram.img"))))
                .contains("-incoming", "defer", "-S", "migration.send-configuration=off")
                .doesNotContain("-kernel", "-append");
    }

    @Test
    void everyStartIsConfinedAndCommasInPathsAreNoSeparators() {
        assertThat(QemuCommand.of(builder(OLD).build(), Map.of()))
                .contains("on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny")
                .contains("socket,id=lane0,path=/run/a,,b/lane.0,server=on,wait=off");
    }

    private static MachineSpec.Builder builder(Qemu qemu) {
        var boot = new Boot.Firmware(Path.of("/firmware"));
        return MachineSpec.builder(qemu, Path.of("/launcher"), boot, FILES);
    }

    private static void refused(MachineSpec.Builder builder) {
        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(builder::build)
                .withMessageContaining("out of bounds");
    }
}
