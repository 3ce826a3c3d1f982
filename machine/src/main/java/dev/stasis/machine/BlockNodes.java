package dev.stasis.machine;

import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpException;
import dev.stasis.machine.qmp.QmpObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
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

    /// The layer that takes the writes; empty when the machine has no disk.
    Optional<Layer> active() throws QmpException {
        for (var block : QmpObject.list(qmp.execute("query-block", Map.of(), deadline.left()))) {
            var device = block.optionalText("qdev");
            if (device.isPresent() && device.get().endsWith(DEVICE)) {
                var inserted = block.object("inserted");
                return Optional.of(
                        new Layer(
                                inserted.text("node-name"),
                                Path.of(inserted.object("image").text("filename"))));
            }
        }
        return Optional.empty();
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

    private void remove(String name) {
        try {
            qmp.execute("blockdev-del", Map.of("node-name", name), deadline.left());
        } catch (QmpException e) {
            System.getLogger(BlockNodes.class.getName())
                    .log(System.Logger.Level.DEBUG, "block node " + name + " is left in QEMU", e);
        }
    }
}
