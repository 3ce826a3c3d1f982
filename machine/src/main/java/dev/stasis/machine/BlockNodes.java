package dev.stasis.machine;

import dev.stasis.ByteSize;
import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpException;
import dev.stasis.machine.qmp.QmpObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// The disk layers that a living QEMU really uses.
final class BlockNodes {
    private static final String DEVICE = "/" + QemuCommand.DISK + "/virtio-backend";

    private final QmpClient qmp;
    private final Deadline deadline;

    BlockNodes(QmpClient qmp, Deadline deadline) {
        this.qmp = qmp;
        this.deadline = deadline;
    }

    /// A layer.
    ///
    /// @param name what QEMU calls it
    /// @param file where it is
    record Layer(String name, Path file) {}

    /// A name that no other layer has.
    static String newName() {
        return "disk-" + Long.toHexString(ThreadLocalRandom.current().nextLong());
    }

    /// The name of the file below a layer. QEMU makes up file names for a layer whose backing file
    /// it was given; the file's own node has the real one.
    static String fileNode(String layer) {
        return layer + "-file";
    }

    /// The layer that takes the writes; empty when the machine has no disk.
    Optional<Layer> active() throws QmpException, IOException {
        for (var block : list("query-block", Map.of())) {
            var device = block.optionalText("qdev");
            if (device.isPresent() && device.get().endsWith(DEVICE)) {
                var name = block.object("inserted").text("node-name");
                return Optional.of(new Layer(name, file(fileNode(name))));
            }
        }
        return Optional.empty();
    }

    private Path file(String node) throws QmpException, IOException {
        for (var known : list("query-named-block-nodes", Map.of("flat", true))) {
            if (known.optionalText("node-name").equals(Optional.of(node))) {
                return Path.of(known.text("file"));
            }
        }
        throw new IOException("QEMU knows no block node " + node);
    }

    private List<QmpObject> list(String command, Map<String, ?> arguments) throws QmpException {
        return QmpObject.list(qmp.execute(command, arguments, deadline.left()));
    }

    /// Lets the machine write to a new overlay from now on. What it used is flushed, and no longer
    /// locked for others. A failure leaves everything as it was.
    ///
    /// @param overlay exists, with the present layer as its backing file
    /// @return the file that is left to others
    Path add(Path overlay) throws QmpException, IOException {
        var present =
                active().orElseThrow(() -> new IOException("the machine has no disk to freeze"));
        var name = newName();
        Map<String, @Nullable Object> node = new HashMap<>(QemuCommand.overlay(name, overlay));
        node.put("backing", null); // the present layer becomes it
        qmp.execute("blockdev-add", node, deadline.left());
        boolean done = false;
        try {
            qmp.execute(
                    "blockdev-snapshot",
                    Map.of("node", present.name(), "overlay", name),
                    deadline.left());
            done = true;
            return present.file();
        } finally {
            if (!done) {
                remove(name);
            }
        }
    }

    /// Gives the disk more sectors, of zeros. Its device tells the guest.
    Object grow(ByteSize size) throws QmpException, IOException {
        var present =
                active().orElseThrow(() -> new IOException("the machine has no disk to grow"));
        return qmp.execute(
                "block_resize",
                Map.of("node-name", present.name(), "size", size.bytes()),
                deadline.left());
    }

    private void remove(String name) {
        try {
            qmp.execute("blockdev-del", Map.of("node-name", name), deadline.left());
        } catch (QmpException e) {
            System.getLogger(BlockNodes.class.getName())
                    .log(System.Logger.Level.DEBUG, "block node " + name + " is left in QEMU", e);
        }
    }
}
