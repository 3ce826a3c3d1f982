package dev.stasis.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.Accelerator;
import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.jr.ob.JSON;

class MachineIdentityTest {
    private static final MachineIdentity CAPTURED =
            new MachineIdentity(
                    "pc-q35-7.2",
                    Accelerator.KVM,
                    "host",
                    List.of("avx2", "sse2"),
                    ByteSize.parse("1G"),
                    ByteSize.parse("4G"),
                    2,
                    List.of("isa-serial"),
                    new QemuVersion(7, 2, 22));

    @TempDir Path folder;

    @Test
    void theSameMachineFits() {
        assertThat(MachineIdentity.mismatches(CAPTURED, CAPTURED)).isEmpty();
    }

    @Test
    void aLaterQemuAndACpuWithMoreFeaturesFit() {
        var here =
                with(Map.of("qemu", "10.0.2", "hostFeatures", List.of("avx2", "avx512f", "sse2")));
        assertThat(MachineIdentity.mismatches(CAPTURED, here)).isEmpty();
    }

    @Test
    void everyDifferenceIsNamed() {
        var here =
                with(
                        Map.of(
                                "machineType",
                                "pc-q35-9.0",
                                "accelerator",
                                "TCG",
                                "cpu",
                                "Nehalem-v1",
                                "hostFeatures",
                                List.of("sse2"),
                                "memory",
                                512L << 20,
                                "memoryLimit",
                                512L << 20,
                                "cpus",
                                4,
                                "devices",
                                List.of(),
                                "qemu",
                                "7.2.9"));
        assertThat(MachineIdentity.mismatches(CAPTURED, here))
                .containsExactly(
                        "machine type: captured pc-q35-7.2, here pc-q35-9.0",
                        "accelerator: captured KVM, here TCG",
                        "CPU model: captured host, here Nehalem-v1",
                        "memory: captured 1G, here 512M",
                        "most memory: captured 4G, here 512M",
                        "number of CPUs: captured 2, here 4",
                        "devices: captured [isa-serial], here []",
                        "CPU features that are missing here: avx2",
                        "QEMU: captured by 7.2.22, older here: 7.2.9");
    }

    @Test
    void itComesBackFromJson() throws Exception {
        var json = JSON.std.asString(CAPTURED.toMap());
        assertThat(MachineIdentity.fromMap(JSON.std.mapFrom(json))).isEqualTo(CAPTURED);
    }

    @Test
    void aDescriptionFromBeforeMemoryCouldBePluggedSaysThatNoneCan() {
        var old = new TreeMap<>(CAPTURED.toMap());
        old.remove("memoryLimit");
        assertThat(MachineIdentity.fromMap(old).memoryLimit()).isEqualTo(ByteSize.parse("1G"));
    }

    @Test
    void whatCannotBeReadIsDamage() {
        for (var name : CAPTURED.toMap().keySet()) {
            var missing = new TreeMap<>(CAPTURED.toMap());
            missing.remove(name);
            if (!name.equals("memoryLimit")) {
                damaged(missing);
            }
            damaged(new TreeMap<>(Map.of(name, new Object())));
        }
        damaged(change(Map.of("memory", -1L)));
        damaged(change(Map.of("cpus", 1L << 40)));
        damaged(change(Map.of("qemu", "new")));
        damaged(change(Map.of("devices", List.of(1))));
    }

    @Test
    void itDescribesAMachineThatIsToBe() {
        var spec =
                MachineSpec.builder(
                                TestTools.qemu(),
                                Path.of("/launcher"),
                                new Boot.Firmware(Path.of("/firmware")),
                                new MachineFiles(Path.of("/run/x"), Path.of("/logs")))
                        .root(Path.of("/root.img"))
                        .disk(Path.of("/disk.qcow2"))
                        .build();
        var identity = MachineIdentity.of(spec);
        assertThat(identity.machineType()).isEqualTo("pc-q35-7.2");
        assertThat(identity.cpu()).isEqualTo("Nehalem-v1,+rdrand");
        assertThat(identity.hostFeatures()).isEmpty();
        assertThat(identity.devices())
                .containsExactly(
                        "isa-serial",
                        "virtio-serial-pci@3 ports=31 lanes=16",
                        "virtio-blk-pci@4 root",
                        "virtio-blk-pci@5 disk");
    }

    private static void damaged(Map<String, ?> map) {
        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(() -> MachineIdentity.fromMap(map))
                .matches(e -> e.code() == ErrorCode.STORE_DAMAGED);
    }

    private static MachineIdentity with(Map<String, Object> changes) {
        return MachineIdentity.fromMap(change(changes));
    }

    private static Map<String, Object> change(Map<String, Object> changes) {
        var map = new TreeMap<>(CAPTURED.toMap());
        map.putAll(changes);
        return map;
    }
}
