package dev.stasis.machine;

import dev.stasis.Accelerator;
import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// What a captured machine was, and a machine that is to continue it must be too.
///
/// @param machineType versioned
/// @param accelerator what ran its CPUs
/// @param cpu the model with its features, as QEMU was told
/// @param hostFeatures what the host's CPU has, where the guest sees the host's CPU; else empty
/// @param memory the RAM that it booted with
/// @param memoryLimit as much memory as it can have with what is plugged
/// @param cpus how many
/// @param devices each with its address
/// @param qemu the version that captured it; a later one can continue it
public record MachineIdentity(
        String machineType,
        Accelerator accelerator,
        String cpu,
        List<String> hostFeatures,
        ByteSize memory,
        ByteSize memoryLimit,
        int cpus,
        List<String> devices,
        QemuVersion qemu) {

    /// Copies the lists.
    public MachineIdentity {
        hostFeatures = List.copyOf(hostFeatures);
        devices = List.copyOf(devices);
    }

    /// What a machine would be on this computer.
    public static MachineIdentity of(MachineSpec spec) {
        return new MachineIdentity(
                QemuCommand.MACHINE_TYPE,
                spec.accelerator(),
                spec.cpu(),
                spec.accelerator() == Accelerator.KVM ? HostCpu.read().features() : List.of(),
                spec.memory(),
                spec.memoryLimit(),
                spec.cpus(),
                QemuCommand.devices(spec),
                spec.qemu().version());
    }

    /// What keeps a captured machine from going on as another one.
    ///
    /// @param captured what it was
    /// @param here what it would be
    /// @return each difference that matters, for people; empty when it can go on
    public static List<String> mismatches(MachineIdentity captured, MachineIdentity here) {
        var found = new ArrayList<String>();
        compare(found, "machine type", captured.machineType, here.machineType);
        compare(found, "accelerator", captured.accelerator, here.accelerator);
        compare(found, "CPU model", captured.cpu, here.cpu);
        compare(found, "memory", captured.memory, here.memory);
        compare(found, "most memory", captured.memoryLimit, here.memoryLimit);
        compare(found, "number of CPUs", captured.cpus, here.cpus);
        compare(found, "devices", captured.devices, here.devices);
        var missing = new ArrayList<>(captured.hostFeatures);
        missing.removeAll(here.hostFeatures);
        if (!missing.isEmpty()) {
            found.add("CPU features that are missing here: " + String.join(" ", missing));
        }
        if (here.qemu.compareTo(captured.qemu) < 0) {
            found.add("QEMU: captured by " + captured.qemu + ", older here: " + here.qemu);
        }
        return found;
    }

    private static void compare(List<String> found, String what, Object captured, Object here) {
        if (!Objects.equals(captured, here)) {
            found.add(what + ": captured " + captured + ", here " + here);
        }
    }

    /// The same as texts, numbers and lists, for a manifest.
    public Map<String, Object> toMap() {
        var map = new LinkedHashMap<String, Object>();
        map.put("machineType", machineType);
        map.put("accelerator", accelerator.name());
        map.put("cpu", cpu);
        map.put("hostFeatures", hostFeatures);
        map.put("memory", memory.bytes());
        map.put("memoryLimit", memoryLimit.bytes());
        map.put("cpus", cpus);
        map.put("devices", devices);
        map.put("qemu", qemu.toString());
        return map;
    }

    /// Reads what {@link #toMap} made. Machines had no room for more memory once, and their
    /// descriptions no word about it.
    ///
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when something is missing or of
    ///   another type
    public static MachineIdentity fromMap(Map<String, ?> map) {
        try {
            return new MachineIdentity(
                    (String) required(map, "machineType"),
                    Accelerator.valueOf((String) required(map, "accelerator")),
                    (String) required(map, "cpu"),
                    texts(required(map, "hostFeatures")),
                    size(required(map, "memory")),
                    size(
                            map.containsKey("memoryLimit")
                                    ? required(map, "memoryLimit")
                                    : required(map, "memory")),
                    Math.toIntExact(((Number) required(map, "cpus")).longValue()),
                    texts(required(map, "devices")),
                    QemuVersion.parse((String) required(map, "qemu")));
        } catch (IllegalArgumentException
                | ClassCastException
                | ArithmeticException
                | StasisException e) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED,
                    "The description of a captured machine can't be read: " + e.getMessage(),
                    e);
        }
    }

    private static Object required(Map<String, ?> map, String name) {
        var value = map.get(name);
        if (value == null) {
            throw new IllegalArgumentException("'" + name + "' is missing");
        }
        return value;
    }

    private static ByteSize size(Object value) {
        return new ByteSize(((Number) value).longValue());
    }

    private static List<String> texts(Object value) {
        return ((List<?>) value).stream().map(String.class::cast).toList();
    }
}
