package dev.stasis.junit;

import dev.stasis.ErrorCode;
import dev.stasis.Snapshot;
import dev.stasis.StasisException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/// The snapshot of a warmed sandbox, under a name that its key is part of. Found, or made by one
/// process while the others wait.
final class WarmSnapshot {
    /// The label by which what this module keeps is known.
    static final String LABEL = "stasis.junit";

    private static final System.Logger LOGGER = System.getLogger(WarmSnapshot.class.getName());

    /// How long a snapshot is kept, and how many of a warm-up: of other branches, say.
    private static final Duration KEPT_FOR = Duration.ofDays(14);

    private static final int KEPT_OF_ONE = 3;
    private static final String OWNER = "stasis.junit.owner";
    private static final int LONGEST_TITLE = 20;
    private static final Duration USUAL_WARMING = Duration.ofMinutes(5);
    private static final Duration MARGIN = Duration.ofMinutes(2);

    private final Session session;
    private final Definition definition;
    private final String owner;
    private final String name;

    WarmSnapshot(Session session, Definition definition, String key) {
        this.session = session;
        this.definition = definition;
        String title =
                definition
                        .warmup()
                        .map(warmup -> warmup.method().getDeclaringClass().getSimpleName())
                        .orElseGet(() -> String.valueOf(Path.of(definition.image()).getFileName()));
        this.owner =
                WarmKey.of(
                        definition.name(),
                        definition
                                .warmup()
                                .map(warmup -> warmup.method().toString())
                                .orElse(definition.image()));
        this.name = "junit-" + asName(title, LONGEST_TITLE) + "-" + definition.name() + "-" + key;
    }

    /// What names may consist of.
    static String asName(String title, int longest) {
        String letters = title.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_-]+", "-");
        return letters.substring(0, Math.min(letters.length(), longest));
    }

    Definition definition() {
        return definition;
    }

    /// The snapshot that has the name now, if one has.
    Optional<Snapshot> find() {
        try {
            return Optional.of(session.stasis().snapshot(name));
        } catch (StasisException e) {
            if (e.code() == ErrorCode.SNAPSHOT_NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /// Makes it, unless another process did meanwhile.
    ///
    /// @param instead the id of the snapshot that has the name and is not wanted, or nothing
    Snapshot make(Optional<String> instead) {
        Duration longest =
                definition.warmup().map(WarmupMethod::longest).orElse(USUAL_WARMING).plus(MARGIN);
        var lockFile = session.stasis().home().resolve("junit").resolve(owner + ".lock");
        try (var _ = WarmLock.of(lockFile, longest, name)) {
            var madeMeanwhile = find().filter(found -> !instead.equals(Optional.of(found.id())));
            return madeMeanwhile.isPresent() ? madeMeanwhile.get() : warm();
        }
    }

    private Snapshot warm() {
        LOGGER.log(
                System.Logger.Level.INFO,
                "Warming ''{0}'' up from the image {1}; it is kept as the snapshot {2}",
                definition.name(),
                definition.image(),
                name);
        try (var source =
                session.stasis()
                        .create(session.names().next(definition.name()), definition::describe)) {
            definition.warmup().ifPresent(warmup -> warmup.prepare(source));
            source.snapshot()
                    .saveNamed(
                            name,
                            save ->
                                    save.move()
                                            .label(LABEL, "warm")
                                            .label(OWNER, owner)
                                            .keepFor(KEPT_FOR));
        }
        prune();
        return session.stasis().snapshot(name);
    }

    /// Lets those go whose time is over, and all but the last few of this warm-up.
    private void prune() {
        session.stasis().pruneSnapshots(rules -> rules.only(which -> which.label(LABEL)));
        session.stasis()
                .pruneSnapshots(rules ->
                        rules.only(which -> which.label(OWNER, owner)).keepLast(KEPT_OF_ONE));
    }
}
