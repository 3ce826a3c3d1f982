package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.SnapshotInfo;
import dev.stasis.StasisException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis snapshots rm`.
@Command(
        name = "rm",
        description =
                "Takes names from snapshots. The bytes go with the last name, source and fork that"
                        + " need them.")
final class SnapshotsRemoveCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(arity = "1..*", paramLabel = "NAME", description = "The names.")
    List<String> names = List.of();

    SnapshotsRemoveCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        return EachName.of(session, names, format, this::remove);
    }

    private void remove(String name) {
        try {
            session.stasis().deleteSnapshot(name);
        } catch (StasisException e) {
            if (e.code() != ErrorCode.SNAPSHOT_NOT_FOUND) {
                throw e;
            }
            throw new StasisException(e.code(), notAName(Lookup.snapshot(session, name).info()));
        }
    }

    private static String notAName(SnapshotInfo info) {
        String advice =
                info.name()
                        .map(name -> "remove it by its name, '" + name + "'")
                        .orElse("it goes when '" + info.source() + "' is removed");
        return "'" + info.id() + "' is the id of a snapshot, not a name: " + advice;
    }
}
