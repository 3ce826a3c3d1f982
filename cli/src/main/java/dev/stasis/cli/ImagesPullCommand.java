package dev.stasis.cli;

import dev.stasis.PullBuilder;
import dev.stasis.PullPolicy;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `stasis images pull`.
@Command(
        name = "pull",
        description =
                "Gets an image from a registry, and prints its digest. What is here already is not"
                        + " fetched again, and what a pull had fetched when it failed is kept for"
                        + " the next.")
final class ImagesPullCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--pull",
            paramLabel = "POLICY",
            converter = PullPolicyConverter.class,
            description =
                    "When the registry is asked: 'always' (the default), 'if-missing' or 'never'.")
    PullPolicy policy = PullPolicy.ALWAYS;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "How long it may take, such as 10m; 1h unless said otherwise.")
    @Nullable Duration timeout;

    @Mixin RegistryOptions registry = new RegistryOptions();

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(
            index = "0",
            paramLabel = "NAME",
            description = "Such as python:3.12 or registry.example.com:5000/team/app@sha256:….")
    String name = "";

    ImagesPullCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.progress("pulling " + name);
        var image = session.stasis().images().pull(name, this::settings);
        session.progressEnd();
        format.print(session, () -> Fields.of(image), image.digest());
        return 0;
    }

    private void settings(PullBuilder pull) {
        pull.policy(policy).progress(session.layers()::show);
        registry.applyTo(pull);
        if (timeout != null) {
            pull.timeout(timeout);
        }
    }
}
