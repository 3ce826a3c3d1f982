package dev.stasis.machine;

import dev.stasis.linux.ProcessMemory.Piece;
import dev.stasis.machine.RamImage.Delta;
import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The pages by which the memory of a machine differs from the files that it maps. They are read
/// while QEMU starts, and written into it before any device looks at memory. For one thread.
final class DeltaPages implements AutoCloseable {
    private static final BitSet NONE = new BitSet();

    private final MemoryAccess access;
    private final List<Part> parts = new ArrayList<>();
    private final List<Opened> opened = new ArrayList<>();
    private @Nullable ProcessId qemu;
    private boolean refused;

    private record Part(MemoryBlock block, Delta delta) {}

    private record Opened(MemoryBlock block, RamOverlay overlay, List<Piece> pieces) {}

    /// @param access by which QEMU's memory is reached
    DeltaPages(MemoryAccess access) {
        this.access = access;
    }

    /// Takes those of one block into account; before they are opened.
    void add(MemoryBlock block, Delta delta) {
        parts.add(new Part(block, delta));
    }

    boolean isEmpty() {
        return parts.isEmpty();
    }

    /// Finds and maps them.
    ///
    /// @param files of the machine, which has been started
    void open(MachineFiles files) throws IOException {
        qemu =
                Machine.processes(files)
                        .orElseThrow(
                                () -> new IOException("the launcher has not written down who runs"))
                        .qemu();
        for (var part : parts) {
            var overlay = RamOverlay.open(part.delta().deltas());
            var pieces = new ArrayList<Piece>();
            opened.add(new Opened(part.block(), overlay, pieces));
            overlay.apply(NONE, (offset, bytes) -> pieces.add(new Piece(offset, bytes)));
        }
    }

    /// Writes them.
    ///
    /// @throws IOException also when QEMU's memory can't be written: see {@link #wereRefused}
    void write(QmpClient qmp, Deadline left) throws QmpException, IOException {
        for (var block : opened) {
            write(block, qmp, left);
        }
    }

    private void write(Opened one, QmpClient qmp, Deadline left) throws QmpException, IOException {
        var target = new MemoryAccess.Target(Objects.requireNonNull(qemu), one.block());
        try (var memory =
                access.openDirect(qmp, target, left)
                        .orElseThrow(() -> {
                            refused = true;
                            return new IOException("QEMU's memory can't be written directly");
                        })) {
            memory.write(one.pieces());
        }
    }

    /// Whether writing them came to nothing since this process may not write QEMU's memory.
    boolean wereRefused() {
        return refused;
    }

    @Override
    public void close() {
        opened.forEach(one -> one.overlay().close());
    }
}
