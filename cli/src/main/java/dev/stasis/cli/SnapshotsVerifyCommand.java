package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.Finding;
import dev.stasis.Progress;
import dev.stasis.StasisException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `stasis snapshots verify`.
@Command(
        name = "verify",
        description =
                "Reads all that snapshots consist of and compares it with the digests taken when"
                        + " they were saved. Names the file that is damaged and ends with 12 then.")
final class SnapshotsVerifyCommand implements Callable<Integer> {
    private final Session session;

    @Option(names = "--all", description = "Reads all snapshots that have a name.")
    boolean all;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(arity = "0..*", paramLabel = "SNAPSHOT", description = "Their names or ids.")
    List<String> snapshots = List.of();

    @Spec CommandSpec spec = CommandSpec.create();

    SnapshotsVerifyCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (all == !snapshots.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "Name snapshots, or say --all, and not both.");
        }
        return all ? verifyAll() : EachName.of(session, snapshots, format, this::verify);
    }

    private void verify(String name) {
        Lookup.snapshot(session, name).verify(this::show);
        session.progressEnd();
    }

    private int verifyAll() {
        var damaged = session.stasis().verifySnapshots(this::show);
        session.progressEnd();
        var broken = new ArrayList<String>();
        var outcomes = new ArrayList<Object>();
        for (Finding finding : damaged) {
            broken.add(finding.subject());
            session.say("stasis: " + finding.subject() + ": " + finding.problem());
            var failure = new StasisException(ErrorCode.STORE_DAMAGED, finding.problem());
            outcomes.add(Fields.outcome(finding.subject().replaceFirst("^snapshot ", ""), failure));
        }
        var whole =
                session.stasis().snapshots().stream()
                        .map(info -> info.name().orElseThrow())
                        .filter(name -> !broken.contains("snapshot " + name))
                        .toList();
        whole.forEach(name -> outcomes.add(Fields.outcome(name, null)));
        if (!format.printed(session, () -> outcomes, whole)) {
            whole.forEach(session::print);
        }
        return broken.isEmpty()
                ? CommandLine.ExitCode.OK
                : ErrorCode.STORE_DAMAGED.category().exitCode();
    }

    private void show(Progress progress) {
        session.progress(
                "reading %s: %s of %s"
                        .formatted(progress.subject(), progress.done(), progress.total()));
    }
}
