package dev.stasis.cli;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.ExportBuilder;
import dev.stasis.ExportSettings;
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
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// A snapshot of a {@link FakeSandbox}.
final class FakeSnapshot implements Snapshot {
    final FakeSandbox source;
    final Map<String, String> files;
    final List<String> names = new ArrayList<>();
    final Map<String, String> labels = new TreeMap<>();
    Instant created = FakeSandbox.CREATED;
    ByteSize onDisk = ByteSize.ofMebibytes(96);
    private final String id;
    private final Optional<String> parent;

    FakeSnapshot(FakeSandbox source) {
        this.source = source;
        this.files = new TreeMap<>(source.files);
        this.id = source.stasis.nextId();
        this.parent = source.newest;
        source.newest = Optional.of(id);
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public SnapshotInfo info() {
        return infos().getFirst();
    }

    List<SnapshotInfo> infos() {
        return names.isEmpty()
                ? List.of(info(Optional.empty()))
                : names.stream().map(name -> info(Optional.of(name))).toList();
    }

    private SnapshotInfo info(Optional<String> name) {
        return new SnapshotInfo(
                id,
                name,
                created,
                source.name(),
                parent,
                "busybox",
                source.cpus,
                source.memory,
                FakeSandbox.LIMITS,
                onDisk,
                labels,
                Optional.empty());
    }

    @Override
    public Sandbox restore() {
        return restore("fork-of-" + id);
    }

    @Override
    public Sandbox restoreWith(String name, Consumer<RestoreBuilder> settings) {
        var builder = new RestoreBuilder();
        settings.accept(builder);
        return source.stasis.fork(this, name, builder.build());
    }

    @Override
    public List<ForkOutcome> restoreAll(
            List<String> wanted, BiConsumer<String, RestoreBuilder> settings) {
        return wanted.stream()
                .map(name -> {
                    var builder = new RestoreBuilder();
                    settings.accept(name, builder);
                    var built = builder.build();
                    try {
                        var fork = source.stasis.fork(this, name, built);
                        built.progress().accept("Restored " + name);
                        return (ForkOutcome) new ForkOutcome.Restored(fork);
                    } catch (StasisException e) {
                        return new ForkOutcome.Failed(name, e);
                    }
                })
                .toList();
    }

    @Override
    public Pool pool(int size, Consumer<PoolBuilder> settings) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Snapshot saveNamed(String name) {
        return saveNamed(name, _ -> {});
    }

    @Override
    public Snapshot relabel(Consumer<LabelsBuilder> change) {
        source.stasis.enter("relabel");
        var builder = new LabelsBuilder(labels);
        change.accept(builder);
        labels.clear();
        labels.putAll(builder.build());
        return this;
    }

    @Override
    public void verify(Consumer<Progress> progress) {
        source.stasis.enter("verify");
        progress.accept(new Progress(id, ByteSize.ofMebibytes(1), ByteSize.ofMebibytes(1)));
    }

    @Override
    public Snapshot saveNamed(String name, Consumer<SaveBuilder> settings) {
        source.stasis.enter("saveNamed");
        var builder = new SaveBuilder();
        settings.accept(builder);
        labels.putAll(builder.build().labels());
        if (builder.build().taken() == SaveSettings.WhenTaken.MOVE) {
            source.stasis.snapshots.values().forEach(each -> each.names.remove(name));
        }
        if (source.stasis.snapshots.values().stream().anyMatch(each -> each.names.contains(name))) {
            throw new StasisException(ErrorCode.NAME_TAKEN, "The name '" + name + "' is taken");
        }
        names.add(name);
        return this;
    }

    @Override
    public void exportTo(Path file, Consumer<ExportBuilder> settings) {
        source.stasis.calls.add("export to " + file + " " + exported(settings));
    }

    @Override
    public void exportTo(OutputStream out, Consumer<ExportBuilder> settings) {
        exported(settings);
        try {
            out.write("archive".getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ExportSettings exported(Consumer<ExportBuilder> settings) {
        var builder = new ExportBuilder();
        settings.accept(builder);
        return builder.build();
    }

    @Override
    public void close() {
        source.stasis.calls.add("snapshot.close");
        if (names.isEmpty()) {
            source.stasis.snapshots.remove(id);
        }
    }
}
