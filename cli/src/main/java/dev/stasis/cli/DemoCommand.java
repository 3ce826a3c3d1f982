package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.Stasis;
import dev.stasis.StasisException;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;
import picocli.CommandLine.Command;

/// `stasis demo`.
@Command(
        name = "demo",
        description =
                "Shows the main job on real machines: snapshot a running process, fork it three"
                        + " times, go on with the source, keep the snapshot. Removes all it made.")
final class DemoCommand implements Callable<Integer> {
    private final Session session;

    DemoCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var stasis = session.stasis();
        byte[] random = new byte[2];
        RandomGenerator.getDefault().nextBytes(random);
        String name = "demo-" + HexFormat.of().formatHex(random);
        session.atEnd(() -> deleteIfThere(stasis, DemoStory.savedName(name)));
        var report = new DemoReport(session);
        try {
            new DemoStory(stasis, name, report).tell();
        } finally {
            session.progressEnd();
        }
        report.printTables();
        return 0;
    }

    private static void deleteIfThere(Stasis stasis, String snapshot) {
        try {
            stasis.deleteSnapshot(snapshot);
        } catch (StasisException e) {
            if (e.code() != ErrorCode.SNAPSHOT_NOT_FOUND) {
                throw e;
            }
        }
    }
}
