package dev.stasis.machine;

import dev.stasis.ByteSize;
import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpException;
import dev.stasis.machine.qmp.QmpException.Kind;
import dev.stasis.machine.qmp.QmpObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The disk layers that a living QEMU really uses.
final class BlockNodes {
    private static final String DEVICE = "/machine/peripheral/" + QemuCommand.DISK;
    private static final String DRIVE = "drive";
    private static final String FILE_NODE = "-file";
    private static final Pattern NAME = Pattern.compile("layer-([0-9]{1,6})-[0-9a-f]+");

    private final QmpClient qmp;
    private final Deadline deadline;

    BlockNodes(QmpClient qmp, Deadline deadline) {
        this.qmp = qmp;
        this.deadline = deadline;
    }

    /// A name for QEMU's use that no other layer has, and that tells how many lie below it without
    /// asking for all of them.
    static String newName(int below) {
        return "layer-%d-%08x".formatted(below, ThreadLocalRandom.current().nextInt());
    }

    /// The name of the file below a layer. QEMU makes up file names for a layer whose backing file
    /// it was given; the file's own node has the real one.
    static String fileNode(String layer) {
        return layer + FILE_NODE;
    }

    /// The file of the layer that takes the writes; empty when the machine has no disk. The more
    /// layers there are the longer it takes, by the square of their number.
    Optional<Path> activeFile() throws QmpException, IOException {
        var active = active();
        return active.isEmpty() ? Optional.empty() : Optional.of(file(fileNode(active.get())));
    }

    private Path file(String node) throws QmpException, IOException {
        for (var known : nodes()) {
            if (known.optionalText(QemuCommand.NODE_NAME).equals(Optional.of(node))) {
                return Path.of(known.text("file"));
            }
        }
        throw new IOException("QEMU knows no block node " + node);
    }

    private List<QmpObject> nodes() throws QmpException {
        var answer = qmp.execute("query-named-block-nodes", Map.of("flat", true), deadline.left());
        return QmpObject.list(answer);
    }

    /// The layer that takes the writes; empty when the machine has no disk.
    private Optional<String> active() throws QmpException {
        try {
            var drive =
                    qmp.execute(
                            "qom-get", Map.of("path", DEVICE, "property", DRIVE), deadline.left());
            return Optional.of(String.valueOf(drive));
        } catch (QmpException e) {
            if (e.kind() == Kind.REFUSED && e.description().contains("not found")) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private String present(String what) throws QmpException, IOException {
        return active().orElseThrow(() -> new IOException("the machine has no disk to " + what));
    }

    /// How many layers lie below the one that takes the writes; those of a machine that an older
    /// Stasis started are not counted.
    int below() throws QmpException, IOException {
        var match = NAME.matcher(present("count"));
        return match.matches() ? Integer.parseInt(match.group(1)) : 0;
    }

    /// Opens an overlay, which is not used yet. One that is open already stays so.
    ///
    /// @param overlay exists, with the present layer as its backing file
    /// @param below how many layers there will be below it
    OpenOverlay open(Path overlay, int below) throws QmpException, IOException {
        var present = present("freeze");
        var name = newName(below);
        Map<String, @Nullable Object> node = new HashMap<>(QemuCommand.overlay(name, overlay));
        node.put("backing", null); // the present layer becomes it
        try {
            qmp.execute("blockdev-add", node, deadline.left());
        } catch (QmpException e) {
            var open = e.kind() == Kind.REFUSED ? find(overlay) : Optional.<String>empty();
            return new OpenOverlay(open.orElseThrow(() -> e), present);
        }
        return new OpenOverlay(name, present);
    }

    /// The layer of a file that was opened by {@link #open}.
    private Optional<String> find(Path file) throws QmpException {
        for (var known : nodes()) {
            var name = known.optionalText(QemuCommand.NODE_NAME).orElse("");
            if (name.endsWith(FILE_NODE) && known.text("file").equals(file.toString())) {
                return Optional.of(name.substring(0, name.length() - FILE_NODE.length()));
            }
        }
        return Optional.empty();
    }

    /// Lets the machine write to an overlay from now on. What it used is flushed, and no longer
    /// locked for others. A failure leaves everything as it was.
    Object use(OpenOverlay overlay) throws QmpException {
        return qmp.execute(
                "blockdev-snapshot",
                Map.of("node", overlay.presentNode(), "overlay", overlay.node()),
                deadline.left());
    }

    /// Closes an overlay that was opened and is not used, if it is open.
    void close(Path overlay) throws QmpException {
        var open = find(overlay);
        if (open.isPresent()) {
            var _ = remove(open.get());
        }
    }

    /// @return false when it is in use
    private boolean remove(String node) throws QmpException {
        try {
            qmp.execute("blockdev-del", Map.of(QemuCommand.NODE_NAME, node), deadline.left());
            return true;
        } catch (QmpException e) {
            if (e.kind() != Kind.REFUSED) {
                throw e;
            }
            return false;
        }
    }

    /// Lets other files lie below the layer that takes the writes, which hold the same as those
    /// there are, and closes these. A failure leaves everything as it was.
    ///
    /// @param files the uppermost first
    /// @return how many layers are closed
    int replaceBeneath(List<Path> files) throws QmpException, IOException {
        var active = present("put on other layers");
        var old = layers(active);
        var prefix = "base-%08x-".formatted(ThreadLocalRandom.current().nextInt());
        var added = new ArrayList<String>();
        boolean done = false;
        try {
            for (var layer : QemuCommand.beneath(prefix, files)) {
                qmp.execute("blockdev-add", layer, deadline.left());
                added.add(String.valueOf(layer.get(QemuCommand.NODE_NAME)));
            }
            reopen(active, added.getLast());
            done = true;
        } finally {
            var unused = done ? old : added.reversed();
            removeAll(unused);
        }
        return old.size();
    }

    /// The layers beside the one that takes the writes.
    private List<String> layers(String active) throws QmpException {
        var layers = new ArrayList<String>();
        for (var known : nodes()) {
            var name = known.optionalText(QemuCommand.NODE_NAME).orElse("");
            if (known.text("drv").equals("qcow2") && !name.equals(active) && isNamed(name)) {
                layers.add(name);
            }
        }
        return layers;
    }

    /// QEMU makes up names for nodes that only others use.
    private static boolean isNamed(String node) {
        return !node.isEmpty() && !node.startsWith("#");
    }

    private void reopen(String layer, String backing) throws QmpException {
        var options = new HashMap<>(QemuCommand.overlayOptions(layer));
        options.put("file", fileNode(layer));
        options.put("backing", backing);
        qmp.execute("blockdev-reopen", Map.of("options", List.of(options)), deadline.left());
    }

    /// Those that others use are free when these are gone.
    private void removeAll(List<String> nodes) throws QmpException {
        var left = new ArrayList<>(nodes);
        boolean removed = true;
        while (removed && !left.isEmpty()) {
            removed = false;
            for (var node : List.copyOf(left)) {
                if (remove(node)) {
                    left.remove(node);
                    removed = true;
                }
            }
        }
    }

    /// Gives the disk more sectors, of zeros. Its device tells the guest.
    Object grow(ByteSize size) throws QmpException, IOException {
        var present = present("grow");
        return qmp.execute(
                "block_resize",
                Map.of(QemuCommand.NODE_NAME, present, "size", size.bytes()),
                deadline.left());
    }
}
