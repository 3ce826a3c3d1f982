package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.Sandbox;
import dev.stasis.SandboxInfo;
import dev.stasis.Snapshot;
import dev.stasis.SnapshotInfo;
import dev.stasis.StasisException;
import java.util.Optional;
import java.util.stream.Stream;

/// Finds what a user names. A name that is nearly right gets a suggestion.
final class Lookup {
    private Lookup() {}

    static Sandbox sandbox(Session session, String name) {
        var stasis = session.stasis();
        try {
            return stasis.sandbox(name);
        } catch (StasisException e) {
            var names = stasis.sandboxes().stream().map(SandboxInfo::name);
            throw e.code() == ErrorCode.SANDBOX_NOT_FOUND ? suggested(e, name, names) : e;
        }
    }

    static Snapshot snapshot(Session session, String nameOrId) {
        var stasis = session.stasis();
        try {
            return stasis.snapshot(nameOrId);
        } catch (StasisException e) {
            var names = stasis.snapshots().stream().map(SnapshotInfo::name);
            throw e.code() == ErrorCode.SNAPSHOT_NOT_FOUND
                    ? suggested(e, nameOrId, names.flatMap(Optional::stream))
                    : e;
        }
    }

    private static StasisException suggested(
            StasisException unknown, String wanted, Stream<String> names) {
        return Nearest.of(wanted, names)
                .map(name ->
                        new StasisException(
                                unknown.code(),
                                unknown.getMessage() + "; did you mean '" + name + "'?",
                                unknown.getCause()))
                .orElse(unknown);
    }
}
