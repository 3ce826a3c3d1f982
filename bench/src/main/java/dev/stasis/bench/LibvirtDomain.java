package dev.stasis.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// The machine of a snapshot as libvirt describes one: type, accelerator, memory and processors in
/// libvirt's words, and what these can't say exactly so (devices, CPU model, sockets) as further
/// options of QEMU, which overrule what libvirt made of the words.
///
/// @param original the snapshot
/// @param run the folder of its sockets
/// @param disk its overlay
record LibvirtDomain(Original original, Path run, Path disk) {
    /// What libvirt calls it.
    static final String NAME = "bench";

    private static final String ID = "6f1d7c0a-4a53-4d6e-9c39-2f5f0b9d1e77";
    private static final Pattern CPUS = Pattern.compile("cpus=(\\d+)");
    private static final Pattern CACHE = Pattern.compile("tb-size=(\\d+)");

    /// The one that maps the memory of the snapshot and waits for the state of the devices.
    String first() throws IOException {
        var memory = new QemuArguments.Memory.PrivateFile(original.image());
        var passedOn = new ArrayList<>(original.arguments().passedOn(memory, run, disk));
        passedOn.addAll(List.of("-incoming", "defer"));
        return xml(passedOn);
    }

    /// The one that libvirt fills itself.
    String resumed() throws IOException {
        var memory = new QemuArguments.Memory.Anonymous();
        return xml(original.arguments().passedOn(memory, run, disk));
    }

    private String xml(List<String> passedOn) throws IOException {
        var accelerator = original.arguments().value("-accel");
        var machine = original.arguments().value("-machine");
        var options = new StringBuilder();
        for (var option : passedOn) {
            options.append("    <qemu:arg value=\"").append(quoted(option)).append("\"/>\n");
        }
        return """
        <domain type="%s" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
          <name>%s</name>
          <uuid>%s</uuid>
          <memory unit="MiB">%d</memory>
          <vcpu>%s</vcpu>
          <os><type machine="%s">hvm</type></os>
          <features><acpi/>%s</features>
          <devices>
            <emulator>%s</emulator>
            <controller type="usb" model="none"/>
            <memballoon model="none"/>
            <video><model type="none"/></video>
          </devices>
          <qemu:commandline>
        %s  </qemu:commandline>
        </domain>
        """
                .formatted(
                        accelerator.startsWith("kvm") ? "kvm" : "qemu",
                        NAME,
                        ID,
                        original.subject().memory().mebibytes(),
                        number(CPUS, original.arguments().value("-smp"), "1"),
                        quoted(machine.split(",", -1)[0]),
                        cache(accelerator),
                        quoted(original.arguments().program()),
                        options);
    }

    private static String cache(String accelerator) {
        var size = number(CACHE, accelerator, "");
        return size.isEmpty() ? "" : "<tcg><tb-cache unit=\"MiB\">" + size + "</tb-cache></tcg>";
    }

    private static String number(Pattern pattern, String text, String otherwise) {
        var matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : otherwise;
    }

    private static String quoted(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }
}
