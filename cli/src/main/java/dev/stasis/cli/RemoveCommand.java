package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.Sandbox;
import dev.stasis.SandboxState;
import dev.stasis.StasisException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `stasis rm`.
@Command(
        name = "rm",
        description =
                "Removes sandboxes with their disks and unnamed snapshots. Forks and named snapshots"
                        + " live on.")
final class RemoveCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = {"-f", "--force"},
            description = "Removes also what runs or is paused.")
    boolean force;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(arity = "1..*", paramLabel = "NAME", description = "The sandboxes.")
    List<String> names = List.of();

    RemoveCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        return EachName.of(session, names, format, this::remove);
    }

    private void remove(String name) {
        try (var sandbox = Lookup.sandbox(session, name)) {
            if (!force) {
                refuseLiving(sandbox);
            }
            sandbox.remove();
        }
    }

    private static void refuseLiving(Sandbox sandbox) {
        SandboxState state = sandbox.info().state();
        boolean living =
                switch (state) {
                    case CREATING, RUNNING, PAUSED -> true;
                    case STOPPED, ENDED -> false;
                };
        if (living) {
            throw new StasisException(
                    ErrorCode.WRONG_STATE,
                    "Sandbox '"
                            + sandbox.name()
                            + "' was not removed, it is "
                            + state.name().toLowerCase(Locale.ROOT)
                            + ": stop it first, or use rm -f");
        }
    }
}
