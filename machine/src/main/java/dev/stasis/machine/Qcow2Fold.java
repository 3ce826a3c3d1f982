package dev.stasis.machine;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The uppermost layers of a disk made into one. Closed by whoever opened it.
///
/// Of each cluster the uppermost layer that has it counts. The result lies on what the lowest layer
/// lies on.
public final class Qcow2Fold implements AutoCloseable {
    private final List<Qcow2Layer> layers = new ArrayList<>();

    private Qcow2Fold() {}

    /// Opens layers that nobody writes.
    ///
    /// @param files the uppermost first; each was made on the next
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when one is no layer that QEMU
    ///   writes for Stasis
    public static Qcow2Fold open(List<Path> files) throws IOException {
        var fold = new Qcow2Fold();
        boolean opened = false;
        try {
            for (var file : files) {
                fold.layers.add(Qcow2Layer.open(file));
            }
            opened = true;
            return fold;
        } finally {
            if (!opened) {
                fold.close();
            }
        }
    }

    /// How many bytes of data the result has, about.
    public long bytes() throws IOException {
        long clusters = 0;
        for (long at = 0; at < Qcow2Layer.clusters(size()); at = Qcow2Layer.nextTable(at)) {
            for (var cluster : merged(at)) {
                clusters += cluster instanceof Qcow2Layer.Data ? 1 : 0;
            }
        }
        return clusters * Qcow2Layer.CLUSTER;
    }

    /// How many bytes of data the layers have, about.
    public long bytesBefore() throws IOException {
        long clusters = 0;
        for (var layer : layers) {
            for (long at = 0;
                    at < Qcow2Layer.clusters(layer.size());
                    at = Qcow2Layer.nextTable(at)) {
                for (var cluster : layer.table(at)) {
                    clusters += cluster instanceof Qcow2Layer.Data ? 1 : 0;
                }
            }
        }
        return clusters * Qcow2Layer.CLUSTER;
    }

    /// Writes the result.
    ///
    /// @param target must not exist; gets mode 0600; a failure leaves none
    /// @param backingName what the result lies on, relative to it
    public void writeTo(Path target, String backingName) throws IOException {
        boolean done = false;
        try (var writer = Qcow2Writer.create(target, backingName, size())) {
            for (long at = 0; at < Qcow2Layer.clusters(size()); at = Qcow2Layer.nextTable(at)) {
                writer.table(at, merged(at));
            }
            writer.finish();
            done = true;
        } finally {
            if (!done) {
                Files.deleteIfExists(target);
            }
        }
    }

    /// What the lowest layer says it lies on, relative to its folder.
    public String backingName() {
        return layers.getLast().backingName();
    }

    /// A disk may have grown; what a smaller layer beneath has not is zero.
    private long size() {
        return layers.getFirst().size();
    }

    private List<Qcow2Layer.Cluster> merged(long at) throws IOException {
        var merged = new ArrayList<>(layers.getFirst().table(at));
        for (var layer : layers.subList(1, layers.size())) {
            var below = at < Qcow2Layer.clusters(layer.size()) ? layer.table(at) : null;
            for (int i = 0; i < merged.size(); i++) {
                if (merged.get(i) instanceof Qcow2Layer.Absent) {
                    merged.set(
                            i,
                            below != null && i < below.size()
                                    ? below.get(i)
                                    : new Qcow2Layer.Zero());
                }
            }
        }
        return merged;
    }

    @Override
    public void close() throws IOException {
        for (var layer : layers) {
            layer.close();
        }
    }
}
