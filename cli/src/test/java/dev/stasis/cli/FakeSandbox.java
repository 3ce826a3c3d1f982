package dev.stasis.cli;

import dev.stasis.ByteSize;
import dev.stasis.EndCause;
import dev.stasis.Environment;
import dev.stasis.ErrorCode;
import dev.stasis.ExecEvent;
import dev.stasis.ExecInfo;
import dev.stasis.ExecOutcome;
import dev.stasis.ExecResult;
import dev.stasis.ExecSettings;
import dev.stasis.LogBuilder;
import dev.stasis.LogEntry;
import dev.stasis.LogSettings;
import dev.stasis.Network;
import dev.stasis.PublishedPort;
import dev.stasis.RestoreSettings;
import dev.stasis.SandboxInfo;
import dev.stasis.SandboxMetrics;
import dev.stasis.SandboxSettings;
import dev.stasis.SandboxState;
import dev.stasis.SandboxTerms;
import dev.stasis.SizeLimits;
import dev.stasis.StasisException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// A sandbox of a {@link FakeStasis}.
final class FakeSandbox {
    static final Instant CREATED = Instant.parse("2026-03-01T12:34:56.789Z");

    static final SizeLimits LIMITS = new SizeLimits(8, ByteSize.parse("64G"));

    final FakeStasis stasis;
    final String id;
    final String name;
    final Map<String, String> env = new TreeMap<>();
    final Map<String, String> files = new TreeMap<>();
    ByteSize memory;
    int cpus;
    final Optional<String> parent;
    String image = "busybox";
    Optional<String> newest;
    boolean attached;
    Network network = Network.NONE;
    List<PublishedPort> ports = List.of();
    SandboxState state = SandboxState.RUNNING;
    Optional<String> reason = Optional.empty();
    Optional<EndCause> cause = Optional.empty();
    SandboxTerms terms = SandboxTerms.NONE;
    ExecSettings lastExec =
            new ExecSettings(
                    List.of("none"),
                    Environment.NONE,
                    new ExecSettings.Start(
                            Optional.empty(), Optional.empty(), ExecSettings.Program.GIVEN),
                    Optional.empty(),
                    ByteSize.ofMebibytes(1),
                    new ExecSettings.Streams(Optional.empty(), Optional.empty(), Optional.empty()));

    final List<ExecInfo> execs = new ArrayList<>();
    Optional<SandboxMetrics.Guest> counted = Optional.empty();
    final List<LogEntry> logs = new ArrayList<>();
    LogSettings lastLogs = new LogBuilder().build();
    List<ExecEvent> streamed = List.of(new ExecEvent.Exited(new ExecOutcome.Exited(0)));
    final List<FakeExec> handles = new ArrayList<>();

    private FakeSandbox(
            FakeStasis stasis, String name, ByteSize memory, int cpus, Optional<String> parent) {
        this.stasis = stasis;
        this.id = stasis.nextId();
        this.name = name;
        this.memory = memory;
        this.cpus = cpus;
        this.parent = parent;
        this.newest = parent;
    }

    static FakeSandbox created(FakeStasis stasis, String name, SandboxSettings settings) {
        var sandbox =
                new FakeSandbox(stasis, name, settings.memory(), settings.cpus(), Optional.empty());
        sandbox.env.putAll(settings.env().over(Map.of()));
        sandbox.image = settings.image();
        sandbox.attached = settings.binding().attached();
        sandbox.network = settings.network().network();
        sandbox.ports = settings.network().ports();
        sandbox.terms = settings.terms();
        return sandbox;
    }

    static FakeSandbox forked(
            FakeStasis stasis, String name, FakeSnapshot snapshot, RestoreSettings settings) {
        var source = snapshot.source;
        var sandbox =
                new FakeSandbox(
                        stasis,
                        name,
                        settings.memory().orElse(source.memory),
                        settings.cpus().orElse(source.cpus),
                        Optional.of(snapshot.id()));
        sandbox.env.putAll(settings.env().over(source.env));
        sandbox.files.putAll(snapshot.files);
        sandbox.network = source.network;
        sandbox.ports = settings.ports().listed();
        sandbox.terms = settings.terms();
        if (settings.ports().moved()) {
            sandbox.ports = source.ports.stream().map(PublishedPort::onFreePort).toList();
        }
        sandbox.attached = settings.binding().attached();
        return sandbox;
    }

    String name() {
        return name;
    }

    SandboxInfo info() {
        return new SandboxInfo(
                id,
                name,
                state,
                reason,
                cause,
                "busybox",
                cpus,
                memory,
                LIMITS,
                env,
                network,
                ports,
                CREATED,
                stasis.accelerator(),
                attached,
                terms.labels(),
                terms.lifetime(),
                parent);
    }

    ExecResult exec(ExecSettings settings) {
        stasis.enter("exec");
        if (state != SandboxState.RUNNING) {
            throw new StasisException(ErrorCode.WRONG_STATE, "'" + name + "' does not run");
        }
        lastExec = settings;
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var streams = settings.streams();
        var buffered =
                new ExecSettings(
                        settings.command(),
                        settings.env(),
                        settings.start(),
                        settings.timeout(),
                        settings.outputLimit(),
                        new ExecSettings.Streams(
                                streams.stdin(),
                                Optional.of(streams.stdout().orElse(out)),
                                Optional.of(streams.stderr().orElse(err))));
        try {
            ExecOutcome outcome = stasis.guest.run(this, buffered);
            return new ExecResult(
                    settings.command(), outcome, out.toByteArray(), err.toByteArray());
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new StasisException(ErrorCode.IO_FAILED, "A stream failed", e);
        }
    }

    FakeExec start(ExecSettings settings) {
        stasis.enter("execStream");
        lastExec = settings;
        handles.add(new FakeExec("exec1", settings, streamed));
        return handles.getLast();
    }

    FakeExec attach(String id) {
        stasis.enter("attach");
        handles.add(new FakeExec(id, lastExec, streamed));
        return handles.getLast();
    }

    /// A guest's answer on its standard output.
    static ExecOutcome say(ExecSettings settings, String text) throws IOException {
        settings.streams().stdout().orElseThrow().write(text.getBytes(StandardCharsets.UTF_8));
        return new ExecOutcome.Exited(0);
    }
}
