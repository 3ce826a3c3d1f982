package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.Sandbox;
import dev.stasis.SandboxInfo;
import dev.stasis.Snapshot;
import dev.stasis.SnapshotInfo;
import dev.stasis.StasisException;
import java.util.Comparator;
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
        int mostEdits = 1 + wanted.length() / 4;
        return names.filter(name -> edits(wanted, name) <= mostEdits)
                .min(Comparator.comparingInt(name -> edits(wanted, name)))
                .map(name ->
                        new StasisException(
                                unknown.code(),
                                unknown.getMessage() + "; did you mean '" + name + "'?",
                                unknown.getCause()))
                .orElse(unknown);
    }

    /// How many letters must be put in, taken out or replaced to get from one word to the other.
    private static int edits(String from, String to) {
        int[] previous = new int[to.length() + 1];
        for (int column = 0; column <= to.length(); column++) {
            previous[column] = column;
        }
        for (int row = 1; row <= from.length(); row++) {
            int[] current = new int[to.length() + 1];
            current[0] = row;
            for (int column = 1; column <= to.length(); column++) {
                int replaced = from.charAt(row - 1) == to.charAt(column - 1) ? 0 : 1;
                current[column] =
                        Math.min(
                                previous[column - 1] + replaced,
                                1 + Math.min(previous[column], current[column - 1]));
            }
            previous = current;
        }
        return previous[to.length()];
    }
}
