package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.Sandbox;
import dev.stasis.SandboxState;
import dev.stasis.Snapshot;
import dev.stasis.StasisException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `stasis snapshot`.
@Command(
        name = "snapshot",
        description =
                "Captures a sandbox with its memory, processes and disk, and prints the snapshot's"
                        + " id. The sandbox stays paused; 'resume' lets it go on. With --live, it goes"
                        + " on by itself after a moment.")
final class SnapshotCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--name",
            paramLabel = "SNAPSHOT",
            description =
                    "Keeps the snapshot under this name, beyond the life of the sandbox. Without it,"
                            + " the snapshot goes when the sandbox is removed.")
    @Nullable String snapshotName;

    @Option(
            names = "--live",
            description =
                    "Lets the sandbox go on by itself: it stands still for a moment only, and what"
                            + " can be copied ahead is copied while it runs.")
    boolean live;

    @Mixin SaveOptions saving = new SaveOptions();

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(index = "0", paramLabel = "SANDBOX", description = "The sandbox.")
    String sandboxName = "";

    @Spec CommandSpec spec = CommandSpec.create();

    SnapshotCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (snapshotName == null && (saving.move || saving.ttl != null)) {
            throw new ParameterException(
                    spec.commandLine(), "--move and --ttl are about a name: give one with --name.");
        }
        try (var sandbox = Lookup.sandbox(session, sandboxName)) {
            if (snapshotName == null) {
                var snapshot = taken(sandbox);
                if (!saving.labels.isEmpty()) {
                    snapshot.relabel(labels -> saving.labels.forEach(labels::set));
                }
                format.print(session, () -> Fields.of(snapshot.info()), snapshot.id());
            } else {
                if (!saving.move) {
                    refuseTaken(snapshotName);
                }
                var snapshot = named(sandbox, snapshotName);
                format.print(session, () -> Fields.of(snapshot.info()), snapshot.id());
            }
        }
        if (!live && session.terminal().errIsTerminal()) {
            session.say(sandboxName + " is paused; 'stasis resume " + sandboxName + "' goes on");
        }
        return 0;
    }

    private void refuseTaken(String name) {
        if (session.stasis().snapshots().stream()
                .anyMatch(info -> info.name().equals(Optional.of(name)))) {
            throw new StasisException(
                    ErrorCode.NAME_TAKEN,
                    "No snapshot was taken of '"
                            + sandboxName
                            + "': the name '"
                            + name
                            + "' belongs to another snapshot; choose another, say --move to let it point to this one, or free it"
                            + " with 'stasis snapshots rm "
                            + name
                            + "'");
        }
    }

    private Snapshot taken(Sandbox sandbox) {
        return live ? sandbox.checkpoint() : sandbox.snapshot();
    }

    private Snapshot named(Sandbox sandbox, String name) {
        boolean ran = sandbox.info().state() == SandboxState.RUNNING;
        Snapshot snapshot = taken(sandbox);
        try {
            return snapshot.saveNamed(name, saving::applyTo);
        } catch (RuntimeException e) {
            snapshot.close();
            if (ran && !live) {
                sandbox.resume();
            }
            throw e;
        }
    }
}
