package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import tools.jackson.jr.ob.JSON;

/// A program `docker-credential-NAME` that keeps logins: it is told what to do in its argument and
/// on its standard input, and answers on its standard output.
final class CredentialHelper {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final int LONGEST_ANSWER = 1 << 20;
    private static final Duration ATMOST = Duration.ofSeconds(30);

    /// How long its output may stay open when it has ended.
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final String program;
    private final String file;

    CredentialHelper(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "Docker's configuration names the credential helper '%s', which is no name of a program: correct it"
                            .formatted(RawText.shown(name)));
        }
        program = "docker-credential-" + name;
        file = program;
    }

    /// @param file where it is
    CredentialHelper(String file, String name) {
        this.program = "docker-credential-" + name;
        this.file = file;
    }

    Optional<Credentials> get(String server) {
        var answer = run("get", server);
        if (answer.code != 0) {
            if (answer.text.contains("not found")) {
                return Optional.empty();
            }
            throw failed("get", answer);
        }
        var tree = JsonTree.parse(answer.bytes(), "The answer of " + program);
        return tree.text("Secret").isEmpty()
                ? Optional.empty()
                : Optional.of(new Credentials(tree.text("Username"), tree.text("Secret")));
    }

    void store(String server, Credentials login) {
        var fields = new LinkedHashMap<String, String>();
        fields.put("ServerURL", server);
        fields.put("Username", login.user());
        fields.put("Secret", login.secret());
        require("store", JSON.std.asString(fields));
    }

    void erase(String server) {
        require("erase", server);
    }

    private void require(String verb, String input) {
        var answer = run(verb, input);
        if (answer.code != 0 && !answer.text.contains("not found")) {
            throw failed(verb, answer);
        }
    }

    private record Answer(int code, String text) {
        byte[] bytes() {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }

    private Answer run(String verb, String input) {
        Process process;
        try {
            process =
                    new ProcessBuilder(file, verb)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.PROGRAM_MISSING,
                    "Docker's configuration keeps logins with '%s', which can't be started: install it, or remove it from that configuration"
                            .formatted(program),
                    e);
        }
        var answer = new FutureTask<>(() -> process.getInputStream().readNBytes(LONGEST_ANSWER));
        Thread.ofPlatform().daemon().name(program).start(answer);
        try {
            write(process, input);
            if (!process.waitFor(ATMOST.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new StasisException(
                        ErrorCode.DEADLINE_EXCEEDED,
                        "'%s %s' did not end within %s: look what it waits for"
                                .formatted(program, verb, ATMOST));
            }
            byte[] said = answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return new Answer(process.exitValue(), new String(said, StandardCharsets.UTF_8));
        } catch (ExecutionException | TimeoutException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED,
                    "The answer of '%s %s' can't be read".formatted(program, verb),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StasisException(
                    ErrorCode.INTERRUPTED, "The wait for " + program + " was interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static void write(Process process, String input) {
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It ended without reading: its exit code says more.
        }
    }

    private StasisException failed(String verb, Answer answer) {
        return new StasisException(
                ErrorCode.IO_FAILED,
                "'%s %s' ended with exit code %d and said '%s': look what is wrong with it"
                        .formatted(program, verb, answer.code, RawText.shown(answer.text.strip())));
    }
}
