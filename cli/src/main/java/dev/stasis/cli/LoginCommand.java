package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.Console;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `stasis login`.
@Command(
        name = "login",
        description =
                "Logs in at a registry and keeps that where Docker does: in config.json of"
                        + " $DOCKER_CONFIG or ~/.docker, or with the credential helper named there.")
final class LoginCommand implements Callable<Integer> {
    private static final int LONGEST_PASSWORD_BYTES = 1 << 16;

    private final Session session;

    @Option(
            names = {"-u", "--username"},
            required = true,
            paramLabel = "USER",
            description = "The user's name there.")
    String user = "";

    @Option(
            names = "--password-stdin",
            description = "Reads the password from standard input instead of asking for it.")
    boolean passwordFromInput;

    @Mixin RegistryOptions registryOptions = new RegistryOptions();

    @Parameters(
            index = "0",
            arity = "0..1",
            defaultValue = "docker.io",
            paramLabel = "REGISTRY",
            description = "Its host, with its port if need be; docker.io unless said otherwise.")
    String registry = "";

    LoginCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        String password = passwordFromInput ? input() : asked();
        session.stasis().images().login(registry, user, password, registryOptions::applyTo);
        session.say("logged in at " + registry + " as " + user);
        return 0;
    }

    private String input() {
        try {
            byte[] bytes = session.terminal().in().readNBytes(LONGEST_PASSWORD_BYTES + 1);
            if (bytes.length > LONGEST_PASSWORD_BYTES) {
                throw new StasisException(
                        ErrorCode.INVALID_ARGUMENT,
                        "What was read as the password is longer than %d bytes: nothing was done; is it the right file?"
                                .formatted(LONGEST_PASSWORD_BYTES));
            }
            return required(withoutLineEnd(new String(bytes, StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException("Standard input can't be read", e);
        }
    }

    /// One line end is the shell's; everything else belongs to the password.
    private static String withoutLineEnd(String text) {
        if (text.endsWith("\r\n")) {
            return text.substring(0, text.length() - 2);
        }
        return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }

    private static String asked() {
        var console =
                Optional.ofNullable(System.console())
                        .filter(Console::isTerminal)
                        .orElseThrow(() ->
                                new StasisException(
                                        ErrorCode.INVALID_ARGUMENT,
                                        "There is no terminal to ask for the password on: give it on standard input, with --password-stdin"));
        char[] typed = console.readPassword("Password: ");
        return required(typed == null ? "" : new String(typed));
    }

    private static String required(String password) {
        if (password.isEmpty()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT, "The password is empty: nothing was done");
        }
        return password;
    }
}
