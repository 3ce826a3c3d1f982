package dev.stasis.machine;

import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What of a capture was done while the machine ran, so that it stands still for the rest only; see
/// {@link Machine#captureAhead}. For one capture; closed after it.
public final class CaptureAhead implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(CaptureAhead.class.getName());

    private final Map<String, RamAhead> blocks = new LinkedHashMap<>();

    private CaptureAhead() {}

    /// Does nothing ahead.
    public static CaptureAhead nothing() {
        return new CaptureAhead();
    }

    static CaptureAhead of(
            MemoryAccess access,
            ProcessId qemu,
            CaptureRequest request,
            Set<String> known,
            QmpClient qmp,
            Deadline deadline)
            throws QmpException, IOException {
        var ahead = new CaptureAhead();
        boolean done = false;
        try {
            for (var block : MemoryLayout.of(qmp, deadline).blocks()) {
                var target = new MemoryAccess.Target(qemu, block);
                var memory = access.openDirect(qmp, target, deadline);
                if (memory.isPresent() && memory.get().track()) {
                    ahead.begin(memory.get(), block, request, known, Capturing.version(qmp));
                }
            }
            done = true;
            return ahead;
        } finally {
            if (!done) {
                ahead.close();
            }
        }
    }

    private void begin(
            DirectMemory memory,
            MemoryBlock block,
            CaptureRequest request,
            Set<String> known,
            QemuVersion version)
            throws IOException {
        var folder = request.memoryFolder();
        var part = new RamAhead(memory, block, folder, version.mapsReadOnlyFiles());
        blocks.put(block.name(), part);
        var base = request.bases().get(block.name());
        part.begin(
                base,
                known.contains(block.name())
                        ? RamAhead.Noted.SINCE_BASE
                        : RamAhead.Noted.OTHERWISE);
    }

    /// The blocks of memory of which it will be known what is written after the capture.
    public Set<String> tracked() {
        return Set.copyOf(blocks.keySet());
    }

    Optional<RamAhead> of(MemoryBlock block) {
        return Optional.ofNullable(blocks.get(block.name()));
    }

    @Override
    public void close() {
        for (var part : blocks.values()) {
            try {
                part.close();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "what was written ahead is left", e);
            }
        }
    }
}
