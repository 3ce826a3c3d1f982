package dev.stasis.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `stasis logout`.
@Command(name = "logout", description = "Forgets the login at a registry.")
final class LogoutCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(
            index = "0",
            arity = "0..1",
            defaultValue = "docker.io",
            paramLabel = "REGISTRY",
            description = "Its host, with its port if need be; docker.io unless said otherwise.")
    String registry = "";

    LogoutCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.stasis().images().logout(registry);
        session.say("logged out of " + registry);
        return 0;
    }
}
