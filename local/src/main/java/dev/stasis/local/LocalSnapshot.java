package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.ExportBuilder;
import dev.stasis.ForkOutcome;
import dev.stasis.LabelsBuilder;
import dev.stasis.Pool;
import dev.stasis.PoolBuilder;
import dev.stasis.Progress;
import dev.stasis.RestoreBuilder;
import dev.stasis.Sandbox;
import dev.stasis.SaveBuilder;
import dev.stasis.SaveSettings;
import dev.stasis.Snapshot;
import dev.stasis.SnapshotInfo;
import dev.stasis.StasisException;
import dev.stasis.store.Saving;
import dev.stasis.store.SnapshotExport;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// A snapshot of this home.
final class LocalSnapshot implements Snapshot {
    private final LocalStasis stasis;
    private final String id;
    private final boolean takenHere;
    private final AtomicBoolean closed = new AtomicBoolean();

    LocalSnapshot(LocalStasis stasis, String id, boolean takenHere) {
        this.stasis = stasis;
        this.id = id;
        this.takenHere = takenHere;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public SnapshotInfo info() {
        return stasis.listing().snapshot(id);
    }

    @Override
    public Sandbox restore() {
        return restore(GeneratedNames.next("fork"));
    }

    @Override
    public Sandbox restoreWith(String name, Consumer<RestoreBuilder> settings) {
        var builder = new RestoreBuilder();
        settings.accept(builder);
        return stasis.restore(id, name, builder.build());
    }

    @Override
    public List<ForkOutcome> restoreAll(
            List<String> names, BiConsumer<String, RestoreBuilder> settings) {
        return new SeveralForks(stasis, id).make(SeveralForks.checked(names, settings));
    }

    @Override
    public Pool pool(int size, Consumer<PoolBuilder> settings) {
        var builder = new PoolBuilder();
        settings.accept(builder);
        return stasis.pool(id, size, builder.build());
    }

    @Override
    public Snapshot saveNamed(String name) {
        return saveNamed(name, _ -> {});
    }

    @Override
    public Snapshot saveNamed(String name, Consumer<SaveBuilder> settings) {
        var builder = new SaveBuilder();
        settings.accept(builder);
        if (closed.get()) {
            throw new StasisException(
                    ErrorCode.SNAPSHOT_NOT_FOUND,
                    "Snapshot "
                            + id
                            + " was closed: take another one to save it as '"
                            + name
                            + "'");
        }
        new Compaction(stasis.openHome()).flatten(id);
        stasis.openHome().snapshots().saveNamed(id, saving(name, builder.build()));
        return this;
    }

    private static Saving saving(String name, SaveSettings settings) {
        var taken =
                switch (settings.taken()) {
                    case REFUSE -> Saving.WhenTaken.REFUSE;
                    case MOVE -> Saving.WhenTaken.MOVE;
                };
        return new Saving(name, taken, settings.labels(), settings.keepFor());
    }

    @Override
    public Snapshot relabel(Consumer<LabelsBuilder> change) {
        stasis.openHome()
                .snapshots()
                .relabel(
                        id,
                        labels -> {
                            var builder = new LabelsBuilder(labels);
                            change.accept(builder);
                            return builder.build();
                        });
        return this;
    }

    @Override
    public void verify(Consumer<Progress> progress) {
        stasis.openHome().snapshots().read(id, progress);
    }

    @Override
    public void exportTo(Path file, Consumer<ExportBuilder> settings) {
        stasis.travel().export().write(id, along(settings), file);
    }

    @Override
    public void exportTo(OutputStream out, Consumer<ExportBuilder> settings) {
        stasis.travel().export().write(id, along(settings), out);
    }

    private SnapshotExport.Along along(Consumer<ExportBuilder> settings) {
        var builder = new ExportBuilder();
        settings.accept(builder);
        return stasis.travel().along(id, info().name().stream().toList(), builder.build());
    }

    @Override
    public void close() {
        if (takenHere && closed.compareAndSet(false, true)) {
            stasis.openHome().snapshots().close(id);
            new Compaction(stasis.openHome()).giveBack();
        }
    }

    @Override
    public String toString() {
        return "Snapshot[" + id + "]";
    }
}
