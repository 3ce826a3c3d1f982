package dev.stasis.cli;

import dev.stasis.Diagnosis;
import dev.stasis.ErrorCode;
import dev.stasis.ExecInfo;
import dev.stasis.ExecOutcome;
import dev.stasis.Finding;
import dev.stasis.ForkOutcome;
import dev.stasis.ImageInfo;
import dev.stasis.LogEntry;
import dev.stasis.PublishedPort;
import dev.stasis.SandboxInfo;
import dev.stasis.SandboxMetrics;
import dev.stasis.SnapshotInfo;
import dev.stasis.StasisException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.jr.ob.JSON;

/// The JSON of the command line. Every field is always there; `null` stands for none. Times are
/// ISO-8601 in UTC, sizes are numbers of bytes, and words are in lower case.
final class Fields {
    private static final JSON WRITER =
            JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT, JSON.Feature.WRITE_NULL_PROPERTIES);

    private static final JSON LINE_WRITER = JSON.std.with(JSON.Feature.WRITE_NULL_PROPERTIES);

    private Fields() {}

    /// One object on one line.
    static String line(Object mapsAndLists) {
        return LINE_WRITER.asString(mapsAndLists);
    }

    static String json(Object mapsAndLists) {
        return WRITER.asString(mapsAndLists);
    }

    static Map<String, @Nullable Object> of(SandboxInfo sandbox) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("id", sandbox.id());
        fields.put("name", sandbox.name());
        fields.put("state", word(sandbox.state()));
        fields.put("reason", orNull(sandbox.reason()));
        fields.put("cause", orNull(sandbox.cause().map(Fields::word)));
        fields.put("image", sandbox.image());
        fields.put("cpus", sandbox.cpus());
        fields.put("memoryBytes", sandbox.memory().bytes());
        fields.put("maxCpus", sandbox.limits().cpus());
        fields.put("maxMemoryBytes", sandbox.limits().memory().bytes());
        fields.put("env", new TreeMap<>(sandbox.env()));
        fields.put("network", word(sandbox.network()));
        fields.put("ports", sandbox.ports().stream().map(Fields::of).toList());
        fields.put("created", sandbox.created().toString());
        fields.put("accelerator", word(sandbox.accelerator()));
        fields.put("attached", sandbox.attached());
        fields.put("labels", new TreeMap<>(sandbox.labels()));
        fields.put("idleTimeoutMillis", orNull(sandbox.lifetime().idle().map(Duration::toMillis)));
        fields.put(
                "maxDurationMillis", orNull(sandbox.lifetime().longest().map(Duration::toMillis)));
        fields.put("snapshot", orNull(sandbox.snapshot()));
        return fields;
    }

    private static Map<String, @Nullable Object> of(PublishedPort port) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("hostAddress", port.hostAddress());
        fields.put("hostPort", port.hostPort());
        fields.put("guestPort", port.guestPort());
        return fields;
    }

    static Map<String, @Nullable Object> of(String name, SandboxMetrics metrics) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("name", name);
        fields.putAll(of(metrics));
        return fields;
    }

    private static Map<String, @Nullable Object> of(SandboxMetrics metrics) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        var host = metrics.host();
        fields.put("time", metrics.time().toString());
        fields.put("cpuMillis", host.cpu().toMillis());
        fields.put("memoryUsedBytes", host.memory().bytes());
        fields.put("proportionalMemoryBytes", host.proportionalMemory().bytes());
        fields.put("ownMemoryBytes", host.usage().ownMemory().bytes());
        fields.put("ownDiskBytes", host.usage().ownDisk().bytes());
        fields.put("guest", orNull(metrics.guest().map(Fields::of)));
        return fields;
    }

    private static Map<String, @Nullable Object> of(SandboxMetrics.Guest guest) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("cpuUserMillis", guest.cpu().user().toMillis());
        fields.put("cpuSystemMillis", guest.cpu().system().toMillis());
        fields.put("memoryUsedBytes", guest.memory().used().bytes());
        fields.put("memoryTotalBytes", guest.memory().total().bytes());
        fields.put("memoryAvailableBytes", guest.memory().available().bytes());
        fields.put("diskUsedBytes", guest.disk().used().bytes());
        fields.put("diskSizeBytes", guest.disk().size().bytes());
        fields.put("diskReadBytes", guest.disk().read().bytes());
        fields.put("diskWrittenBytes", guest.disk().written().bytes());
        fields.put("networkReceivedBytes", orNull(guest.network().map(n -> n.received().bytes())));
        fields.put("networkSentBytes", orNull(guest.network().map(n -> n.sent().bytes())));
        fields.put("commandsStarted", guest.execs().started());
        fields.put("commandsRunning", guest.execs().running());
        fields.put("commandsFailed", guest.execs().failed());
        fields.put("uptimeMillis", guest.uptime().toMillis());
        return fields;
    }

    static Map<String, @Nullable Object> of(SandboxInfo sandbox, SandboxMetrics metrics) {
        var usage = metrics.host().usage();
        var fields = of(sandbox);
        fields.put("ownMemoryBytes", usage.ownMemory().bytes());
        fields.put("ownDiskBytes", usage.ownDisk().bytes());
        fields.put("diskSizeBytes", usage.disk().bytes());
        fields.put("metrics", of(metrics));
        return fields;
    }

    static Map<String, @Nullable Object> of(SnapshotInfo snapshot) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("id", snapshot.id());
        fields.put("name", orNull(snapshot.name()));
        fields.put("created", snapshot.created().toString());
        fields.put("source", snapshot.source());
        fields.put("parent", orNull(snapshot.parent()));
        fields.put("image", snapshot.image());
        fields.put("cpus", snapshot.cpus());
        fields.put("memoryBytes", snapshot.memory().bytes());
        fields.put("maxCpus", snapshot.limits().cpus());
        fields.put("maxMemoryBytes", snapshot.limits().memory().bytes());
        fields.put("diskBytes", snapshot.bytesOnDisk().bytes());
        fields.put("labels", new TreeMap<>(snapshot.labels()));
        fields.put("expires", orNull(snapshot.expires().map(Object::toString)));
        return fields;
    }

    static Map<String, @Nullable Object> of(ImageInfo image) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("digest", image.digest());
        fields.put("names", image.names());
        fields.put("source", image.source());
        fields.put("created", image.created().toString());
        fields.put("diskBytes", image.bytes().bytes());
        fields.put("sourceBytes", image.sourceBytes().bytes());
        fields.put("users", image.users());
        var config = image.config();
        fields.put("entrypoint", config.entrypoint());
        fields.put("cmd", config.cmd());
        fields.put("env", config.env());
        fields.put("user", config.user());
        fields.put("workingDir", config.workingDir());
        fields.put("stopSignal", config.stopSignal());
        fields.put("exposedPorts", config.exposedPorts());
        fields.put("labels", new TreeMap<>(config.labels()));
        return fields;
    }

    static Map<String, @Nullable Object> of(ExecInfo command) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("id", command.id());
        fields.put("pid", command.pid());
        fields.put("command", command.command());
        fields.put("started", command.started().toString());
        fields.put("ended", orNull(command.ended().map(Object::toString)));
        fields.put("exitCode", orNull(command.outcome().map(ExecOutcome::exitCode)));
        fields.put("outcome", orNull(command.outcome().map(Fields::outcome)));
        fields.put("background", command.background());
        fields.put("attached", command.attached());
        fields.put("terminal", command.terminal());
        return fields;
    }

    static Map<String, @Nullable Object> of(LogEntry entry) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("time", orNull(entry.time().map(Object::toString)));
        fields.put("source", word(entry.source()));
        for (var name :
                List.of(
                        "event",
                        "exec",
                        "stream",
                        "text",
                        "pid",
                        "command",
                        "outcome",
                        "exitCode",
                        "bytes")) {
            fields.put(name, null);
        }
        switch (entry) {
            case LogEntry.Started(var _, var exec, int pid, var command) ->
                    fields.putAll(
                            Map.of(
                                    "event", "started", "exec", exec, "pid", pid, "command",
                                    command));
            case LogEntry.Stdout(var _, var exec, var text) ->
                    fields.putAll(output(exec, "stdout", text));
            case LogEntry.Stderr(var _, var exec, var text) ->
                    fields.putAll(output(exec, "stderr", text));
            case LogEntry.Ended(var _, var exec, var outcome) -> {
                fields.putAll(Map.of("event", "ended", "exec", exec, "outcome", outcome(outcome)));
                fields.put("exitCode", outcome.exitCode());
            }
            case LogEntry.Lost(var _, var _, var exec, long bytes) -> {
                fields.putAll(Map.of("event", "lost", "bytes", bytes));
                fields.put("exec", orNull(exec));
            }
            case LogEntry.Line(var _, var _, var text) ->
                    fields.putAll(Map.of("event", "line", "text", text));
        }
        return fields;
    }

    private static Map<String, Object> output(String exec, String stream, String text) {
        return Map.of("event", "output", "exec", exec, "stream", stream, "text", text);
    }

    private static String outcome(ExecOutcome outcome) {
        return switch (outcome) {
            case ExecOutcome.Exited _ -> "exited";
            case ExecOutcome.Signaled _ -> "signaled";
            case ExecOutcome.TimedOut _ -> "timed_out";
            case ExecOutcome.OutOfMemory _ -> "out_of_memory";
            case ExecOutcome.NotStarted _ -> "not_started";
        };
    }

    static Map<String, @Nullable Object> of(Finding finding) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("subject", finding.subject());
        fields.put("problem", finding.problem());
        fields.put("outcome", word(finding.outcome()));
        return fields;
    }

    static Map<String, @Nullable Object> of(Diagnosis diagnosis) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("subject", diagnosis.subject());
        fields.put("verdict", word(diagnosis.verdict()));
        fields.put("found", diagnosis.found());
        fields.put("advice", diagnosis.advice().isEmpty() ? null : diagnosis.advice());
        return fields;
    }

    static Map<String, @Nullable Object> of(ForkOutcome outcome) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("name", outcome.name());
        switch (outcome) {
            case ForkOutcome.Restored(var sandbox) -> {
                fields.put("outcome", "restored");
                fields.put("id", sandbox.id());
                fields.put("error", null);
                fields.put("reason", null);
            }
            case ForkOutcome.Failed(var _, var failure) -> {
                fields.put("outcome", "failed");
                fields.put("id", null);
                fields.put("error", word(failure.code()));
                fields.put("reason", failure.getMessage());
            }
        }
        return fields;
    }

    /// What became of one of several names.
    ///
    /// @param failure what went wrong, or null
    static Map<String, @Nullable Object> outcome(String name, @Nullable RuntimeException failure) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("name", name);
        fields.put("outcome", failure == null ? "done" : "failed");
        var code = failure instanceof StasisException e ? e.code() : ErrorCode.INTERNAL;
        fields.put("error", failure == null ? null : word(code));
        fields.put("reason", failure == null ? null : failure.getMessage());
        return fields;
    }

    static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static <T> @Nullable T orNull(Optional<T> value) {
        return value.isPresent() ? value.get() : null;
    }
}
