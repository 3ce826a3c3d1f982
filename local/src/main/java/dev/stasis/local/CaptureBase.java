package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.RamReference;
import dev.stasis.store.Home;
import dev.stasis.store.Layers;
import dev.stasis.store.Pin;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The snapshot that the memory of a sandbox's next one is told from: found, checked and opened
/// before the machine stands still, and kept until the next one is published.
final class CaptureBase implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(CaptureBase.class.getName());
    private static final CaptureBase NONE = new CaptureBase("", null, Map.of());

    private static final int MANY_REFERENCES = 32;

    private final String snapshot;
    private final @Nullable Pin pin;
    private final Map<String, RamReference> memory;

    private CaptureBase(String snapshot, @Nullable Pin pin, Map<String, RamReference> memory) {
        this.snapshot = snapshot;
        this.pin = pin;
        this.memory = memory;
    }

    /// Opens the newest snapshot of the machine that there still is, or else what it was restored
    /// from.
    static CaptureBase of(Home home, Layers layers) {
        for (String id : layers.references().reversed()) {
            try {
                var found = open(home, id);
                if (found.isPresent()) {
                    return found.get();
                }
            } catch (StasisException e) {
                // A damaged one is no reason to take no more: an older one will do.
                LOG.log(System.Logger.Level.WARNING, e.getMessage());
            }
        }
        String base = layers.memoryBase();
        if (base == null) {
            return NONE;
        }
        return open(home, base)
                .orElseThrow(() ->
                        new StasisException(
                                ErrorCode.STORE_DAMAGED,
                                "Snapshot %s, whose memory the sandbox lies on, is gone"
                                        .formatted(base)));
    }

    /// The same layers without references that nobody needs, when there are many.
    static Layers fewer(Home home, Layers layers) {
        var all = layers.references();
        if (all.size() < MANY_REFERENCES) {
            return layers;
        }
        var there = all.stream().filter(id -> isThere(home, id)).toList();
        int from = Math.max(0, there.size() - MANY_REFERENCES / 2);
        return layers.withReferences(there.subList(from, there.size()));
    }

    private static boolean isThere(Home home, String id) {
        var pin = home.snapshots().pin(id);
        pin.ifPresent(Pin::close);
        return pin.isPresent();
    }

    private static Optional<CaptureBase> open(Home home, String id) {
        var pin = home.snapshots().pin(id);
        if (pin.isEmpty()) {
            return Optional.empty();
        }
        var memory = new LinkedHashMap<String, RamReference>();
        var base = new CaptureBase(id, pin.get(), memory);
        boolean opened = false;
        try {
            for (var block : SnapshotFiles.verified(home, id).memory().entrySet()) {
                memory.put(block.getKey(), RamReference.open(block.getValue()));
            }
            opened = true;
            return Optional.of(base);
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "The memory of snapshot " + id + " can't be read", e);
        } finally {
            if (!opened) {
                base.close();
            }
        }
    }

    /// Its id; empty when there is none.
    String snapshot() {
        return snapshot;
    }

    /// Its memory, by block; none for a machine that booted and was never captured.
    Map<String, RamReference> memory() {
        return memory;
    }

    @Override
    public void close() {
        memory.values().forEach(RamReference::close);
        if (pin != null) {
            pin.close();
        }
    }
}
