package dev.stasis.local;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.ExecBuilder;
import dev.stasis.ExecHandle;
import dev.stasis.ExecInfo;
import dev.stasis.ExecResult;
import dev.stasis.LabelsBuilder;
import dev.stasis.LogBuilder;
import dev.stasis.LogEntry;
import dev.stasis.RestoreBuilder;
import dev.stasis.Sandbox;
import dev.stasis.SandboxFiles;
import dev.stasis.SandboxInfo;
import dev.stasis.SandboxMetrics;
import dev.stasis.SandboxState;
import dev.stasis.SandboxUsage;
import dev.stasis.Snapshot;
import dev.stasis.StasisException;
import dev.stasis.guest.SharedLane;
import dev.stasis.local.files.FileSessions;
import dev.stasis.local.files.LocalFiles;
import dev.stasis.local.files.SandboxFileSystem;
import dev.stasis.local.logs.LogEntries;
import dev.stasis.store.SandboxRecord;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A sandbox of this home, as one object in one process sees it: the facts are read anew each time,
/// since other processes change them.
final class LocalSandbox implements Sandbox {
    private final LocalStasis stasis;
    private final Place place;
    private final Commands commands;
    private final FileSessions fileSessions;
    private final LocalFiles files;
    private final SandboxFileSystem fileSystem;
    private final @Nullable Keeper keeper;
    private final AtomicBoolean closed = new AtomicBoolean();

    /// @param keeper ties it to this process if it was made here and is attached; null if it was
    ///   only found, or is detached
    LocalSandbox(LocalStasis stasis, Place place, @Nullable Keeper keeper) {
        this.stasis = stasis;
        this.place = place;
        this.keeper = keeper;
        this.commands = new Commands(place);
        this.fileSessions = new FileSessions(new SharedLane(place.lanes()), this::beginFiles);
        this.files = new LocalFiles(fileSessions);
        this.fileSystem = new SandboxFileSystem(place.name(), files);
    }

    @Override
    public String name() {
        return place.name();
    }

    @Override
    public String id() {
        return place.id();
    }

    @Override
    public SandboxInfo info() {
        return stasis.listing().sandbox(place);
    }

    @Override
    public SandboxUsage usage() {
        return new Usage(place).measure();
    }

    @Override
    public SandboxMetrics metrics() {
        return new Metering(place).measure();
    }

    @Override
    public ExecResult exec(Consumer<ExecBuilder> settings) {
        var builder = new ExecBuilder();
        settings.accept(builder);
        var checked = builder.build();
        return commanded("run a command", _ -> commands.run(checked));
    }

    @Override
    public ExecHandle execStream(Consumer<ExecBuilder> settings) {
        var builder = new ExecBuilder();
        settings.accept(builder);
        var checked = builder.build();
        return commanded("run a command", begun -> commands.stream(checked, begun));
    }

    @Override
    public List<ExecInfo> execs() {
        return commanded("list commands", _ -> commands.list());
    }

    @Override
    public ExecHandle attach(String id) {
        return commanded("attach to a command", begun -> commands.attach(id, begun));
    }

    @Override
    public Stream<LogEntry> logs(Consumer<LogBuilder> settings) {
        var builder = new LogBuilder();
        settings.accept(builder);
        var checked = builder.build();
        place.record();
        return LogEntries.of(place.machineFiles(), checked, new Vitality(place)::mayWrite);
    }

    private <T> T commanded(String what, Function<SandboxRecord, T> action) {
        var begun = new Power(place).requireState(what, SandboxState.RUNNING);
        try {
            return action.apply(begun);
        } catch (StasisException e) {
            throw new Power(place).explained(e, begun);
        }
    }

    /// Makes sure that the files can be used, and gives what explains why they then could not.
    private UnaryOperator<StasisException> beginFiles() {
        var begun = new Power(place).requireState("use files", SandboxState.RUNNING);
        return e -> new Power(place).explained(e, begun);
    }

    @Override
    public SandboxFiles files() {
        return files;
    }

    @Override
    public Path path(String path) {
        return fileSystem.getPath("/", path);
    }

    @Override
    public Snapshot snapshot() {
        return new LocalSnapshot(stasis, new SnapshotTaker(place).take(), true);
    }

    @Override
    public Snapshot checkpoint() {
        return new LocalSnapshot(stasis, new SnapshotTaker(place).takeLive(), true);
    }

    @Override
    public void pause() {
        new Power(place).pause();
    }

    @Override
    public void resume() {
        new Power(place).resume();
    }

    @Override
    public SandboxInfo resize(int cpus, ByteSize memory) {
        new RestoreBuilder().cpus(cpus).memory(memory).build();
        new LiveResize(place).become(new WantedSize(cpus, memory));
        return info();
    }

    @Override
    public InetSocketAddress address(int guestPort) {
        return new Ports(place).address(guestPort);
    }

    @Override
    public void awaitPort(int guestPort, Duration longest) {
        try {
            new Ports(place).await(guestPort, longest);
        } catch (StasisException e) {
            throw new Power(place).explained(e);
        }
    }

    @Override
    public Duration ping() {
        return new Vitality(place).ping();
    }

    @Override
    public SandboxInfo awaitEnd(Duration longest) {
        new Vitality(place).awaitEnd(longest);
        return info();
    }

    @Override
    public void rewind(Snapshot snapshot) {
        stasis.rewind(place, snapshot.id(), null);
    }

    @Override
    public Snapshot rewind(Snapshot snapshot, String keep) {
        var kept = Objects.requireNonNull(stasis.rewind(place, snapshot.id(), keep));
        return new LocalSnapshot(stasis, kept, false);
    }

    /// What ties it to this process, if it is attached and was made through this object.
    @Nullable Keeper keeper() {
        return keeper;
    }

    @Override
    public void stop() {
        new Power(place).stop();
    }

    @Override
    public void start() {
        stasis.start(place);
    }

    @Override
    public void restart() {
        stop();
        start();
    }

    @Override
    public SandboxInfo relabel(Consumer<LabelsBuilder> change) {
        new Terms(place).relabel(change);
        return info();
    }

    @Override
    public void remove() {
        closed.set(true);
        Closing.allOf(
                List.of(
                        commands::close,
                        fileSessions::close,
                        Removal.of(place)::remove,
                        this::release));
    }

    @Override
    public void detach() {
        if (keeper == null || closed.get()) {
            throw new StasisException(
                    ErrorCode.WRONG_STATE,
                    "Sandbox "
                            + name()
                            + " can't be detached here: only the object that made it can do that,"
                            + " before it is closed");
        }
        keeper.detach(place);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            boolean ends = keeper != null && keeper.keeps();
            Closing.allOf(
                    List.of(
                            commands::close,
                            fileSessions::close,
                            ends ? Removal.of(place)::remove : () -> {},
                            this::release));
        }
    }

    private void release() {
        if (keeper != null) {
            keeper.close();
        }
        stasis.forget(this);
    }

    @Override
    public String toString() {
        return "Sandbox[" + name() + "]";
    }
}
