package dev.stasis.store;

import dev.stasis.EndCause;
import dev.stasis.Lifetime;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What is known of a sandbox. {@link #of} makes one, the `with` methods others like it.
///
/// It lies in `sandboxes/<name>/sandbox.json`, at most 1 MiB, replaced whole and never written in
/// place:
///
/// ```
/// { "format": 1, "id": "…", "name": "…", "state": "RUNNING", "created": "2026-01-31T12:00:00Z",
///   "setup": { "image": { "reference": "…", "digest": "…", "config": { … } }, "memory": 536870912, "cpus": 1,
///              "most": { "memory": 68719476736, "cpus": 8 }, "env": { "K": "V" }, "accelerator": "…", "machine": { … } },
///   "layers": { "memoryBase": "…", "references": [ "…" ], "diskBase": "…", "disk": "…",
///               "capturing": "…", "nextDisk": "…" },
///   "attached": true, "base": "…", "generation": "…", "rewinding": "…", "endReason": "…", "endCause": "IDLE",
///   "labels": { "K": "V" }, "idleMillis": 600000, "longestMillis": 3600000 }
/// ```
///
/// Fields that have no value are left out.
///
/// @param id its id
/// @param name its name, which is the name of its folder
/// @param state how far it is
/// @param created when it was made
/// @param setup what it was set up with
/// @param layers what its memory and disk lie on
/// @param attached whether it ends with the process that made it
/// @param base the snapshot that it was restored from
/// @param run its present or last machine
/// @param terms on which it is kept
public record SandboxRecord(
        String id,
        String name,
        State state,
        Instant created,
        Setup setup,
        Layers layers,
        boolean attached,
        @Nullable String base,
        Run run,
        Terms terms) {
    static final int FORMAT = 1;
    static final int LIMIT_BYTES = 1 << 20;

    /// How far a sandbox is.
    public enum State {
        /// It is being made; if nobody holds its lock, it never will be.
        CREATING,
        /// Its machine was running when this was written.
        RUNNING,
        /// Its machine was paused when this was written.
        PAUSED,
        /// It has no machine.
        STOPPED
    }

    /// A machine of a sandbox.
    ///
    /// @param generation its id: a sandbox that is rewound gets another
    /// @param rewinding the snapshot that the sandbox is being rewound to
    /// @param endReason how it ended
    /// @param endCause the same in a word, if there is one for it
    public record Run(
            String generation,
            @Nullable String rewinding,
            @Nullable String endReason,
            @Nullable EndCause endCause) {}

    /// On which terms a sandbox is kept.
    ///
    /// @param labels its labels
    /// @param lifetime how long each of its machines may live
    public record Terms(Map<String, String> labels, Lifetime lifetime) {
        /// Without labels and without end.
        public static final Terms NONE = new Terms(Map.of(), Lifetime.UNLIMITED);

        /// Checks the labels, and copies.
        public Terms {
            labels = Map.copyOf(Labels.check(labels));
        }

        private void into(Map<String, Object> tree) {
            if (!labels.isEmpty()) {
                tree.put("labels", new TreeMap<>(labels));
            }
            lifetime.idle().ifPresent(time -> tree.put("idleMillis", time.toMillis()));
            lifetime.longest().ifPresent(time -> tree.put("longestMillis", time.toMillis()));
        }

        private static Terms read(Document tree) {
            return new Terms(
                    tree.has("labels") ? tree.texts("labels") : Map.of(),
                    new Lifetime(time(tree, "idleMillis"), time(tree, "longestMillis")));
        }

        private static Optional<Duration> time(Document tree, String name) {
            return tree.has(name)
                    ? Optional.of(Duration.ofMillis(tree.number(name)))
                    : Optional.empty();
        }
    }

    /// Checks the name and the ids.
    public SandboxRecord {
        Names.check("sandbox", name);
        if (!Ids.isId(id) || (base != null && !Ids.isId(base))) {
            throw new IllegalArgumentException("id " + id + ", base " + base);
        }
    }

    /// A new sandbox, `CREATING`, made now, attached.
    ///
    /// @param name its name
    /// @param setup what it is set up with
    public static SandboxRecord of(String name, Setup setup) {
        return new SandboxRecord(
                Ids.next(),
                name,
                State.CREATING,
                Instant.now(),
                setup,
                Layers.NONE,
                true,
                null,
                new Run(Ids.next(), null, null, null),
                Terms.NONE);
    }

    /// The same for a machine that exists already.
    ///
    /// @param existing the id by which the machine's run folder is named
    public SandboxRecord withId(String existing) {
        return new SandboxRecord(
                existing, name, state, created, setup, layers, attached, base, run, terms);
    }

    /// The same, restored from a snapshot whose memory and disk its layers lie on.
    ///
    /// @param snapshot the snapshot
    /// @param disk the file of the layer on top of that snapshot's
    public SandboxRecord withBase(String snapshot, String disk) {
        var restored = Layers.restored(snapshot, disk);
        return new SandboxRecord(
                id, name, state, created, setup, restored, attached, snapshot, run, terms);
    }

    /// The same in another state.
    public SandboxRecord withState(State other) {
        return new SandboxRecord(
                id, name, other, created, setup, layers, attached, base, run, terms);
    }

    /// The same with another set-up.
    public SandboxRecord withSetup(Setup other) {
        return new SandboxRecord(
                id, name, state, created, other, layers, attached, base, run, terms);
    }

    /// The same on other layers.
    public SandboxRecord withLayers(Layers other) {
        return new SandboxRecord(
                id, name, state, created, setup, other, attached, base, run, terms);
    }

    /// The same for a sandbox that no longer ends with its maker.
    public SandboxRecord detached() {
        return new SandboxRecord(id, name, state, created, setup, layers, false, base, run, terms);
    }

    /// The same for a sandbox whose machine is gone, and the snapshot's memory that it mapped with
    /// it.
    ///
    /// @param reason how it ended
    /// @param cause the same in a word, if there is one for it
    public SandboxRecord stopped(String reason, @Nullable EndCause cause) {
        var left = layers.withoutMemory();
        var ended = new Run(run.generation, null, reason, cause);
        return new SandboxRecord(
                id, name, State.STOPPED, created, setup, left, attached, base, ended, terms);
    }

    /// The same for a sandbox that is being rewound.
    ///
    /// @param snapshot the snapshot
    public SandboxRecord rewinding(String snapshot) {
        var pending = new Run(run.generation, snapshot, run.endReason, run.endCause);
        return new SandboxRecord(
                id, name, state, created, setup, layers, attached, base, pending, terms);
    }

    /// The same for a sandbox that was rewound and runs.
    ///
    /// @param then what it is set up with then
    /// @param on what its memory and disk lie on then
    public SandboxRecord rewound(Setup then, Layers on) {
        var next = new Run(Ids.next(), null, null, null);
        return new SandboxRecord(
                id, name, State.RUNNING, created, then, on, attached, base, next, terms);
    }

    /// The same for a sandbox that was started from its disk and runs. What it knows its machine by
    /// stays, as its base does: there is no other with the same.
    ///
    /// @param then what it is set up with then
    public SandboxRecord started(Setup then) {
        var again = new Run(run.generation, null, null, null);
        return new SandboxRecord(
                id, name, State.RUNNING, created, then, layers, attached, base, again, terms);
    }

    /// The same on other terms.
    public SandboxRecord withTerms(Terms other) {
        return new SandboxRecord(
                id, name, state, created, setup, layers, attached, base, run, other);
    }

    /// How its machine ended.
    public @Nullable String endReason() {
        return run.endReason;
    }

    byte[] toBytes() {
        var tree = new LinkedHashMap<String, Object>();
        tree.put("format", FORMAT);
        tree.put("id", id);
        tree.put("name", name);
        tree.put("state", state.name());
        tree.put("created", created.toString());
        tree.put("setup", setup.tree());
        tree.put("layers", layers.tree());
        tree.put("attached", attached);
        if (base != null) {
            tree.put("base", base);
        }
        tree.put("generation", run.generation);
        if (run.rewinding != null) {
            tree.put("rewinding", run.rewinding);
        }
        if (run.endReason != null) {
            tree.put("endReason", run.endReason);
        }
        if (run.endCause != null) {
            tree.put("endCause", run.endCause.name());
        }
        terms.into(tree);
        return Document.write("The settings of sandbox " + name, tree, LIMIT_BYTES);
    }

    static SandboxRecord read(Document document) {
        document.checkFormat(FORMAT);
        return document.as(tree ->
                new SandboxRecord(
                        tree.text("id"),
                        tree.text("name"),
                        tree.choice("state", State.class),
                        tree.instant("created"),
                        Setup.read(tree.object("setup")),
                        Layers.read(tree.object("layers")),
                        tree.flag("attached"),
                        tree.textOrNull("base"),
                        readRun(tree),
                        Terms.read(tree)));
    }

    /// A record that names no generation was written before there were any.
    private static Run readRun(Document tree) {
        var generation = tree.textOrNull("generation");
        return new Run(
                generation == null ? tree.text("id") : generation,
                tree.textOrNull("rewinding"),
                tree.textOrNull("endReason"),
                tree.has("endCause") ? tree.choice("endCause", EndCause.class) : null);
    }
}
