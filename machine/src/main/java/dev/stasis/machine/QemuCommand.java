package dev.stasis.machine;

import dev.stasis.Accelerator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.jr.ob.JSON;

/// QEMU's command line. Whatever shapes the captured device state is pinned here: the versioned
/// machine, every address, every queue. `@console@`, `@log@`, `@qmp@` and `@net@` are the
/// launcher's to fill.
final class QemuCommand {
    static final String MACHINE_TYPE = "pc-q35-7.2";

    /// The id of the writable disk's device.
    static final String DISK = "disk";

    static final String NODE_NAME = "node-name";

    private static final String MACHINE =
            MACHINE_TYPE
                    + ",memory-backend="
                    + MemoryBlock.RAM
                    + ",suppress-vmdesc=on,smm=off,vmport=off,usb=off,sata=off";
    private static final String SANDBOX =
            "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";
    private static final int SLOTS = 64;
    private static final int TRANSLATION_MIB = 64;
    private static final int PORTS = 31;
    private static final String MAC = "52:54:00:53:54:53";
    private static final String LANE_NAME = "dev.stasis.lane.";
    private static final String LOG_NAME = "dev.stasis.log";
    private static final int LOG_PORT = 1;
    private static final int FIRST_LANE_PORT = 2;

    private final MachineSpec spec;
    private final List<String> arguments = new ArrayList<>();

    private QemuCommand(MachineSpec spec) {
        this.spec = spec;
    }

    /// The arguments of a machine, the program first.
    ///
    /// @param images maps these files as memory, by the names of its blocks, and waits for a device
    ///   state; when there are none it boots
    static List<String> of(MachineSpec spec, Map<String, Path> images) {
        var command = new QemuCommand(spec);
        command.arguments.add(spec.qemu().executable().toString());
        command.machine();
        command.memory(images);
        command.ports();
        command.disks();
        command.network();
        command.start(!images.isEmpty());
        return command.arguments;
    }

    /// The devices by which two machines are compared, each with its place.
    static List<String> devices(MachineSpec spec) {
        var devices = new ArrayList<String>();
        devices.add("isa-serial");
        devices.add("virtio-serial-pci@3 ports=" + PORTS + " lanes=" + spec.lanes());
        if (spec.root() != null) {
            devices.add("virtio-blk-pci@4 root");
        }
        if (spec.disk() != null) {
            devices.add("virtio-blk-pci@5 disk");
        }
        if (!spec.network().isEmpty()) {
            devices.add("virtio-net-pci@6");
        }
        if (spec.canGrow()) {
            devices.add("pc-dimm slots=" + SLOTS);
        }
        return devices;
    }

    private void machine() {
        add("-name", "stasis-" + escaped(String.valueOf(spec.files().run().getFileName())));
        add("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none");
        add("-sandbox", SANDBOX);
        add("-machine", MACHINE);
        add("-accel", accelerator(spec.accelerator()));
        add("-cpu", spec.cpu());
        add("-smp", "cpus=" + spec.cpus() + ",sockets=1,cores=" + spec.cpus() + ",threads=1");
        var room = ",slots=" + SLOTS + ",maxmem=" + spec.memoryLimit().mebibytes() + "M";
        add("-m", "size=" + spec.memory().mebibytes() + "M" + (spec.canGrow() ? room : ""));
        add("-chardev", "socket,id=qmp,fd=@qmp@,server=on,wait=off");
        add("-mon", "chardev=qmp,mode=control");
    }

    static String accelerator(Accelerator accelerator) {
        return switch (accelerator) {
            case KVM -> "kvm";
            case TCG -> "tcg,tb-size=" + TRANSLATION_MIB;
        };
    }

    private void memory(Map<String, Path> images) {
        for (var block : spec.blocks()) {
            var image = images.get(block.name());
            add(
                    "-object",
                    json(image == null ? anonymous(block) : mapped(block, image, spec.qemu())));
        }
        for (var dimm : spec.dimms()) {
            add("-device", json(device(dimm)));
        }
    }

    /// Memory that costs nothing until it is touched.
    static Map<String, Object> anonymous(MemoryBlock block) {
        return backend("memory-backend-ram", block);
    }

    private static Map<String, Object> mapped(MemoryBlock block, Path image, Qemu qemu) {
        var backend = backend("memory-backend-file", block);
        backend.put("mem-path", image.toAbsolutePath().toString());
        if (qemu.version().mapsReadOnlyFiles()) {
            backend.put("readonly", true);
            backend.put("rom", "off");
        }
        return backend;
    }

    private static Map<String, Object> backend(String type, MemoryBlock block) {
        var backend = new LinkedHashMap<String, Object>();
        backend.put("qom-type", type);
        backend.put("id", block.name());
        backend.put("size", block.size().bytes());
        backend.put("share", false);
        return backend;
    }

    /// The device of plugged memory.
    private static Map<String, Object> device(Dimm dimm) {
        var device = new LinkedHashMap<String, Object>();
        device.put("driver", "pc-dimm");
        device.put("id", dimm.name());
        device.put("memdev", dimm.name());
        device.put("slot", dimm.slot());
        device.put("addr", dimm.address());
        return device;
    }

    private void ports() {
        add("-chardev", "file,id=console,path=@console@");
        add("-device", "isa-serial,chardev=console");
        add(
                "-device",
                "virtio-serial-pci,id=ports,addr=3,max_ports="
                        + PORTS
                        + ",vectors=2,ioeventfd=off,romfile=");
        add("-chardev", "file,id=log,path=@log@");
        port(LOG_PORT, "log", LOG_NAME);
        for (int lane = 0; lane < spec.lanes(); lane++) {
            var socket = escaped(spec.files().lane(lane).toString());
            add("-chardev", "socket,id=lane" + lane + ",path=" + socket + ",server=on,wait=off");
            port(FIRST_LANE_PORT + lane, "lane" + lane, LANE_NAME + lane);
        }
    }

    private void port(int number, String channel, String name) {
        add(
                "-device",
                "virtserialport,bus=ports.0,nr="
                        + number
                        + ",chardev="
                        + channel
                        + ",name="
                        + name);
    }

    private void disks() {
        var root = spec.root();
        if (root != null) {
            add(
                    "-blockdev",
                    json(
                            Map.of(
                                    "driver",
                                    "raw",
                                    NODE_NAME,
                                    "root",
                                    "read-only",
                                    true,
                                    "file",
                                    file("root-file", root))));
            add("-device", "virtio-blk-pci,id=root,drive=root,addr=4,num-queues=1,romfile=");
        }
        var disk = spec.disk();
        if (disk != null) {
            var beneath = beneath("base-", spec.beneath());
            beneath.forEach(layer -> add("-blockdev", json(layer)));
            var node = BlockNodes.newName(beneath.size());
            var overlay = new LinkedHashMap<>(overlay(node, disk));
            if (!beneath.isEmpty()) {
                overlay.put("backing", beneath.getLast().get(NODE_NAME));
            }
            add("-blockdev", json(overlay));
            add(
                    "-device",
                    "virtio-blk-pci,id="
                            + DISK
                            + ",drive="
                            + node
                            + ",addr=5,num-queues=1,romfile=");
        }
    }

    /// The other end is a socket that the launcher made. What the device can do depends on it, so
    /// it is the same kind at a restore.
    private void network() {
        if (!spec.network().isEmpty()) {
            add("-netdev", "stream,id=net,server=off,addr.type=fd,addr.str=@net@");
            add(
                    "-device",
                    "virtio-net-pci,id=network,netdev=net,addr=6,mac=" + MAC + ",mq=off,romfile=");
        }
    }

    /// A qcow2 file that is written, as a block node.
    static Map<String, Object> overlay(String node, Path path) {
        var overlay = new LinkedHashMap<>(overlayOptions(node));
        overlay.put("file", file(BlockNodes.fileNode(node), path));
        return overlay;
    }

    /// How it is written.
    static Map<String, Object> overlayOptions(String node) {
        return Map.of("driver", "qcow2", NODE_NAME, node, "discard", "unmap");
    }

    /// Layers that are only read, as block nodes, the lowest first. Each names the one below it: in
    /// one description of all of them QEMU would look for each by its way through all above it.
    ///
    /// @param prefix of the nodes' names, which no others have
    /// @param files the uppermost first
    static List<Map<String, Object>> beneath(String prefix, List<Path> files) {
        var nodes = new ArrayList<Map<String, Object>>();
        for (var file : files.reversed()) {
            var node = new LinkedHashMap<String, Object>();
            node.put("driver", "qcow2");
            node.put(NODE_NAME, prefix + nodes.size());
            node.put("read-only", true);
            node.put("file", Map.of("driver", "file", "filename", file.toString()));
            if (!nodes.isEmpty()) {
                node.put("backing", nodes.getLast().get(NODE_NAME));
            }
            nodes.add(node);
        }
        return nodes;
    }

    private static Map<String, Object> file(String node, Path path) {
        return Map.of("driver", "file", NODE_NAME, node, "filename", path.toString());
    }

    private void start(boolean incoming) {
        if (spec.boot() instanceof Boot.Firmware firmware) {
            add("-bios", firmware.image().toAbsolutePath().toString());
        } else if (!incoming && spec.boot() instanceof Boot.Kernel kernel) {
            add("-kernel", kernel.kernel().toAbsolutePath().toString());
            add("-initrd", kernel.initrd().toAbsolutePath().toString());
            add("-append", kernel.commandLine());
        }
        if (incoming) {
            add("-S", "-incoming", "defer");
            add("-global", "migration.send-configuration=off", "-global", "migration.x-events=on");
        }
    }

    private void add(String... more) {
        arguments.addAll(List.of(more));
    }

    private static String json(Map<String, Object> value) {
        return JSON.std.asString(value);
    }

    /// A comma ends a value in QEMU's options unless it is doubled.
    private static String escaped(String value) {
        return value.replace(",", ",,");
    }
}
