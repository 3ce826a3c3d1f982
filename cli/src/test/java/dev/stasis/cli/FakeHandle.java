package dev.stasis.cli;

import dev.stasis.ByteSize;
import dev.stasis.EndCause;
import dev.stasis.ErrorCode;
import dev.stasis.ExecBuilder;
import dev.stasis.ExecHandle;
import dev.stasis.ExecInfo;
import dev.stasis.ExecResult;
import dev.stasis.LabelsBuilder;
import dev.stasis.LogBuilder;
import dev.stasis.LogEntry;
import dev.stasis.Sandbox;
import dev.stasis.SandboxBuilder;
import dev.stasis.SandboxFiles;
import dev.stasis.SandboxInfo;
import dev.stasis.SandboxMetrics;
import dev.stasis.SandboxState;
import dev.stasis.SandboxTerms;
import dev.stasis.SandboxUsage;
import dev.stasis.Snapshot;
import dev.stasis.StasisException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// What a caller holds of a {@link FakeSandbox}.
///
/// @param sandbox the sandbox
/// @param removedByClose whether it is attached and was made through this object
record FakeHandle(FakeSandbox sandbox, boolean removedByClose) implements Sandbox {
    @Override
    public String name() {
        return sandbox.name();
    }

    @Override
    public String id() {
        return sandbox.id;
    }

    @Override
    public SandboxInfo info() {
        return sandbox.info();
    }

    @Override
    public SandboxUsage usage() {
        return new SandboxUsage(
                ByteSize.ofMebibytes(20), new ByteSize(196608), SandboxBuilder.DEFAULT_DISK);
    }

    @Override
    public SandboxMetrics metrics() {
        sandbox.stasis.enter("metrics");
        var host =
                new SandboxMetrics.Host(
                        Duration.ofMillis(1234),
                        ByteSize.ofMebibytes(90),
                        ByteSize.ofMebibytes(30),
                        usage());
        return new SandboxMetrics(FakeSandbox.CREATED, host, sandbox.counted);
    }

    @Override
    public ExecResult exec(Consumer<ExecBuilder> settings) {
        var builder = new ExecBuilder();
        settings.accept(builder);
        return sandbox.exec(builder.build());
    }

    @Override
    public SandboxFiles files() {
        throw new UnsupportedOperationException("a fake sandbox has no files");
    }

    @Override
    public Path path(String path) {
        throw new UnsupportedOperationException("a fake sandbox has no files");
    }

    @Override
    public ExecHandle execStream(Consumer<ExecBuilder> settings) {
        var builder = new ExecBuilder();
        settings.accept(builder);
        return sandbox.start(builder.build());
    }

    @Override
    public List<ExecInfo> execs() {
        return sandbox.execs;
    }

    @Override
    public ExecHandle attach(String id) {
        return sandbox.attach(id);
    }

    @Override
    public Stream<LogEntry> logs(Consumer<LogBuilder> settings) {
        var builder = new LogBuilder();
        settings.accept(builder);
        sandbox.lastLogs = builder.build();
        return sandbox.logs.stream();
    }

    @Override
    public Snapshot snapshot() {
        sandbox.stasis.enter("snapshot");
        sandbox.state = SandboxState.PAUSED;
        return captured();
    }

    @Override
    public Snapshot checkpoint() {
        sandbox.stasis.enter("checkpoint");
        return captured();
    }

    private Snapshot captured() {
        var snapshot = new FakeSnapshot(sandbox);
        sandbox.stasis.snapshots.put(snapshot.id(), snapshot);
        return snapshot;
    }

    @Override
    public void pause() {
        sandbox.stasis.enter("pause");
        sandbox.state = SandboxState.PAUSED;
    }

    @Override
    public void resume() {
        sandbox.stasis.enter("resume");
        sandbox.state = SandboxState.RUNNING;
    }

    @Override
    public InetSocketAddress address(int guestPort) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), guestPort);
    }

    @Override
    public Duration ping() {
        sandbox.stasis.enter("ping");
        return Duration.ofMillis(1);
    }

    @Override
    public SandboxInfo awaitEnd(Duration longest) {
        if (sandbox.state == SandboxState.RUNNING) {
            throw new StasisException(ErrorCode.DEADLINE_EXCEEDED, "It runs after " + longest);
        }
        return info();
    }

    @Override
    public void awaitPort(int guestPort, Duration longest) {
        sandbox.stasis.enter("awaitPort");
    }

    @Override
    public SandboxInfo resize(int cpus, ByteSize memory) {
        sandbox.stasis.enter("resize");
        sandbox.cpus = cpus;
        sandbox.memory = memory;
        return info();
    }

    @Override
    public void rewind(Snapshot snapshot) {
        sandbox.stasis.enter("rewind");
        sandbox.files.clear();
        sandbox.files.putAll(((FakeSnapshot) snapshot).files);
        sandbox.state = SandboxState.RUNNING;
    }

    @Override
    public Snapshot rewind(Snapshot snapshot, String keep) {
        var kept = snapshot().saveNamed(keep);
        rewind(snapshot);
        return kept;
    }

    @Override
    public void stop() {
        sandbox.stasis.enter("stop");
        sandbox.state = SandboxState.STOPPED;
        sandbox.cause = Optional.of(EndCause.ASKED);
    }

    @Override
    public void start() {
        sandbox.stasis.enter("start");
        sandbox.state = SandboxState.RUNNING;
        sandbox.cause = Optional.empty();
    }

    @Override
    public void restart() {
        stop();
        start();
    }

    @Override
    public SandboxInfo relabel(Consumer<LabelsBuilder> change) {
        var labels = new LabelsBuilder(sandbox.terms.labels());
        change.accept(labels);
        sandbox.terms =
                new SandboxTerms(
                        labels.build(), sandbox.terms.lifetime(), sandbox.terms.replaces());
        return info();
    }

    @Override
    public void remove() {
        sandbox.stasis.enter("remove");
        sandbox.stasis.sandboxes.remove(sandbox.name());
        sandbox.stasis
                .snapshots
                .values()
                .removeIf(each -> each.source == sandbox && each.names.isEmpty());
    }

    @Override
    public void detach() {
        sandbox.attached = false;
    }

    @Override
    public void close() {
        if (removedByClose && sandbox.attached) {
            remove();
        }
    }
}
