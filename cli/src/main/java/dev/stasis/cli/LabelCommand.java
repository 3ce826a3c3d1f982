package dev.stasis.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis label`.
@Command(
        name = "label",
        description = "Changes the labels of a sandbox: KEY=VALUE sets one, KEY- removes one.")
final class LabelCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(index = "0", paramLabel = "NAME", description = "The sandbox.")
    String name = "";

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "KEY=VALUE|KEY-",
            description = "What to change.")
    List<String> changes = List.of();

    LabelCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        try (var sandbox = Lookup.sandbox(session, name)) {
            var info =
                    sandbox.relabel(
                            labels -> changes.forEach(change -> LabelChange.apply(change, labels)));
            format.print(session, () -> Fields.of(info), name);
        }
        return 0;
    }
}
