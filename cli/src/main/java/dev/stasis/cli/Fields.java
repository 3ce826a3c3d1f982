package dev.stasis.cli;

import dev.stasis.Diagnosis;
import dev.stasis.ErrorCode;
import dev.stasis.ExecInfo;
import dev.stasis.ExecOutcome;
import dev.stasis.Finding;
import dev.stasis.ForkOutcome;
import dev.stasis.ImageInfo;
import dev.stasis.PublishedPort;
import dev.stasis.SandboxInfo;
import dev.stasis.SandboxUsage;
import dev.stasis.SnapshotInfo;
import dev.stasis.StasisException;
import java.time.Duration;
import java.util.LinkedHashMap;
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

    private Fields() {}

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

    static Map<String, @Nullable Object> of(SandboxInfo sandbox, SandboxUsage usage) {
        var fields = of(sandbox);
        fields.put("ownMemoryBytes", usage.ownMemory().bytes());
        fields.put("ownDiskBytes", usage.ownDisk().bytes());
        fields.put("diskSizeBytes", usage.disk().bytes());
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
