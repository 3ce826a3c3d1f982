package dev.stasis.cli;

import dev.stasis.Sandbox;
import dev.stasis.SandboxBuilder;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `stasis create`.
@Command(
        name = "create",
        description =
                "Makes a sandbox that lives until it is removed, and prints its name once commands"
                        + " can be run in it.")
final class CreateCommand implements Callable<Integer> {
    private final Session session;

    @Mixin SandboxOptions options = new SandboxOptions();

    @Mixin Format.Choice format = new Format.Choice();

    CreateCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        try (var sandbox = create(session, options, SandboxBuilder::detached)) {
            format.print(session, () -> Fields.of(sandbox.info()), sandbox.name());
        }
        return 0;
    }

    static Sandbox create(
            Session session, SandboxOptions options, Consumer<SandboxBuilder> binding) {
        Consumer<SandboxBuilder> settings =
                builder -> {
                    options.applyTo(builder);
                    binding.accept(builder);
                    builder.progress(session::progress)
                            .pull(pull -> pull.progress(session.layers()::show));
                };
        try {
            var stasis = session.stasis();
            return options.name()
                    .map(name -> stasis.create(name, settings))
                    .orElseGet(() -> stasis.create(settings));
        } finally {
            session.progressEnd();
        }
    }
}
