package dev.stasis.cli;

import dev.stasis.Accelerator;
import dev.stasis.Diagnosis;
import dev.stasis.ErrorCode;
import dev.stasis.ExecOutcome;
import dev.stasis.ExecSettings;
import dev.stasis.Finding;
import dev.stasis.Images;
import dev.stasis.ImportBuilder;
import dev.stasis.Progress;
import dev.stasis.RestoreSettings;
import dev.stasis.RetentionBuilder;
import dev.stasis.RetentionSettings;
import dev.stasis.Sandbox;
import dev.stasis.SandboxBuilder;
import dev.stasis.SandboxInfo;
import dev.stasis.SandboxSettings;
import dev.stasis.SandboxTerms;
import dev.stasis.Snapshot;
import dev.stasis.SnapshotInfo;
import dev.stasis.Stasis;
import dev.stasis.StasisException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Sandboxes that live in this process's memory and run nothing: what a command does is decided by
/// the test, and any operation can be made to fail.
final class FakeStasis implements Stasis {
    /// What a command does with its streams, and how it ends.
    interface Guest {
        ExecOutcome run(FakeSandbox sandbox, ExecSettings settings) throws Exception;
    }

    final Map<String, FakeSandbox> sandboxes = new TreeMap<>();
    final Map<String, FakeSnapshot> snapshots = new LinkedHashMap<>();
    final List<Diagnosis> diagnoses = new ArrayList<>();
    final List<Finding> findings = new ArrayList<>();
    final List<String> calls = new ArrayList<>();
    final FakeImages images = new FakeImages(this);
    private final Map<String, RuntimeException> faults = new LinkedHashMap<>();
    Guest guest = (_, _) -> new ExecOutcome.Exited(0);
    private int made;

    /// What the last sandbox was asked to be like.
    @Nullable SandboxSettings created;

    /// Lets every later call of an operation fail.
    void fail(String operation, RuntimeException failure) {
        faults.put(operation, failure);
    }

    void enter(String operation) {
        calls.add(operation);
        var failure = faults.get(operation);
        if (failure != null) {
            throw failure;
        }
    }

    String nextId() {
        made++;
        return "id%010d".formatted(made);
    }

    @Override
    public Sandbox create(String name, Consumer<SandboxBuilder> settings) {
        var builder = new SandboxBuilder();
        settings.accept(builder);
        var built = builder.build();
        enter("create");
        created = built;
        built.progress().accept("booting");
        refuseTaken(name, built.terms());
        return put(FakeSandbox.created(this, name, built), built.binding().attached());
    }

    @Override
    public Sandbox create(Consumer<SandboxBuilder> settings) {
        return create("made-up-" + (sandboxes.size() + 1), settings);
    }

    Sandbox fork(FakeSnapshot snapshot, String name, RestoreSettings settings) {
        enter("restore");
        refuseTaken(name, settings.terms());
        return put(
                FakeSandbox.forked(this, name, snapshot, settings), settings.binding().attached());
    }

    private Sandbox put(FakeSandbox sandbox, boolean attached) {
        sandboxes.put(sandbox.name(), sandbox);
        return new FakeHandle(sandbox, attached);
    }

    private void refuseTaken(String name, SandboxTerms terms) {
        if (terms.replaces()) {
            sandboxes.remove(name);
        }
        if (sandboxes.containsKey(name)) {
            throw new StasisException(ErrorCode.NAME_TAKEN, "The name '" + name + "' is taken");
        }
    }

    @Override
    public Sandbox sandbox(String name) {
        enter("sandbox");
        var sandbox = sandboxes.get(name);
        if (sandbox == null) {
            throw new StasisException(
                    ErrorCode.SANDBOX_NOT_FOUND, "There is no sandbox '" + name + "'");
        }
        return new FakeHandle(sandbox, false);
    }

    @Override
    public List<SandboxInfo> sandboxes() {
        enter("sandboxes");
        return sandboxes.values().stream().map(FakeSandbox::info).toList();
    }

    @Override
    public Snapshot snapshot(String nameOrId) {
        return snapshots.values().stream()
                .filter(each -> each.id().equals(nameOrId) || each.names.contains(nameOrId))
                .findFirst()
                .orElseThrow(() -> unknownSnapshot(nameOrId));
    }

    @Override
    public List<SnapshotInfo> snapshots() {
        return restorableSnapshots().stream().filter(info -> info.name().isPresent()).toList();
    }

    @Override
    public List<SnapshotInfo> restorableSnapshots() {
        return snapshots.values().stream().flatMap(each -> each.infos().stream()).toList();
    }

    @Override
    public List<SnapshotInfo> pruneSnapshots(Consumer<RetentionBuilder> rules) {
        enter("prune");
        var builder = new RetentionBuilder();
        rules.accept(builder);
        var settings = builder.build();
        var gone =
                snapshots().stream()
                        .filter(settings.filter()::fits)
                        .skip(settings.keepLast().orElse(snapshots.size()))
                        .toList();
        if (settings.act() == RetentionSettings.Act.REMOVE) {
            gone.forEach(info -> deleteSnapshot(info.name().orElseThrow()));
        }
        return gone;
    }

    @Override
    public List<Finding> verifySnapshots(Consumer<Progress> progress) {
        enter("verifySnapshots");
        return List.copyOf(findings);
    }

    @Override
    public List<Finding> check() {
        enter("check");
        return List.copyOf(findings);
    }

    @Override
    public List<Finding> repair() {
        enter("repair");
        return List.copyOf(findings);
    }

    @Override
    public Snapshot importSnapshot(Path file, Consumer<ImportBuilder> settings) {
        return imported("import of " + file, settings);
    }

    @Override
    public Snapshot importSnapshot(InputStream in, Consumer<ImportBuilder> settings) {
        try {
            return imported(
                    "import of '" + new String(in.readAllBytes(), StandardCharsets.UTF_8) + "'",
                    settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Snapshot imported(String what, Consumer<ImportBuilder> settings) {
        var builder = new ImportBuilder();
        settings.accept(builder);
        calls.add(what + " as " + builder.build().name().orElse("it was"));
        builder.build().notices().accept("It can't be restored on this computer: no reason");
        return snapshots.values().iterator().next();
    }

    @Override
    public Images images() {
        return images;
    }

    @Override
    public void deleteSnapshot(String name) {
        enter("deleteSnapshot");
        if (snapshots.values().stream().noneMatch(each -> each.names.remove(name))) {
            throw unknownSnapshot(name);
        }
    }

    private static StasisException unknownSnapshot(String name) {
        return new StasisException(
                ErrorCode.SNAPSHOT_NOT_FOUND, "There is no snapshot '" + name + "'");
    }

    @Override
    public List<Diagnosis> diagnose() {
        return List.copyOf(diagnoses);
    }

    @Override
    public Path home() {
        return Path.of("/nowhere");
    }

    @Override
    public void close() {
        calls.add("close");
        sandboxes.values().removeIf(sandbox -> sandbox.attached);
    }

    List<String> snapshotNames() {
        return snapshots.values().stream().flatMap(each -> each.names.stream()).toList();
    }

    Accelerator accelerator() {
        return Accelerator.TCG;
    }
}
