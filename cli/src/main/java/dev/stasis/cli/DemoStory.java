package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.Sandbox;
import dev.stasis.Snapshot;
import dev.stasis.Stasis;
import dev.stasis.StasisException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// The demonstration: a process that keeps a token and a counter in its memory is captured, forked
/// three times, resumed, kept under a name and brought back after its sandbox is gone. Whatever is
/// not as it should be ends it with an error.
final class DemoStory {
    /// The token is never written by anything but this one shell: whoever shows it later is a
    /// continuation of the same process.
    private static final String COUNTER =
            """
            token=$(head -c 6 /dev/urandom | hexdump -v -e '/1 "%02x"')
            count=0
            while :; do
              count=$((count + 1))
              echo "$token $count" > /dev/shm/count.new && mv /dev/shm/count.new /dev/shm/count
              sleep 0.05
            done
            """;

    private static final String LOOK_AROUND =
            "echo \"$ROLE, $(hostname), $(cat /dev/shm/state 2> /dev/null || echo removed)\"";
    private static final String READ_LATER = "sleep 0.5; cat /dev/shm/count";
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final List<String> ROLES = List.of("web", "load", "test");

    private final Stasis stasis;
    private final String name;
    private final DemoReport report;
    private final List<Sandbox> workers = new ArrayList<>();

    /// What the counting process showed.
    private record Reading(String token, long count) {
        private static final Pattern FORM = Pattern.compile("([0-9a-f]{12}) (\\d{1,18})");

        static Reading parse(String text) {
            var match = FORM.matcher(text);
            if (!match.matches()) {
                throw wrong("the counter wrote '" + text + "'");
            }
            return new Reading(match.group(1), Long.parseLong(match.group(2)));
        }
    }

    DemoStory(Stasis stasis, String name, DemoReport report) {
        this.stasis = stasis;
        this.name = name;
        this.report = report;
    }

    /// The name that a demonstration keeps its snapshot under for a while.
    static String savedName(String name) {
        return name + "-saved";
    }

    void tell() {
        Reading before;
        try (var source = create()) {
            before = startCounting(source);
            var warm = capture(source);
            fork(warm, before);
            diverge();
            workers.forEach(worker -> report.size(worker.name(), worker.usage()));
            resume(source, before);
            keep(source, warm);
        }
        bringBack(before);
    }

    private Sandbox create() {
        report.chapter("Create a sandbox from the built-in image");
        return report.step(
                "create " + name,
                () -> stasis.create(name, s -> s.image("busybox").memory("512M")));
    }

    private Reading startCounting(Sandbox source) {
        report.chapter("Start a process that keeps a token and a counter in its memory");
        report.step(
                "start the process",
                () ->
                        source.exec("sh", "-c", "(" + COUNTER + ") > /dev/null 2>&1 < /dev/null &")
                                .orThrow());
        source.exec(e ->
                        e.command("sh", "-c", "until [ -e /dev/shm/count ]; do sleep 0.1; done")
                                .timeout(PATIENCE))
                .orThrow();
        run(source, "echo shared > /dev/shm/state");
        var before = read(source);
        report.saw("it has token " + before.token() + " and is at " + before.count());
        return before;
    }

    private Snapshot capture(Sandbox source) {
        report.chapter("Snapshot it: from now on it stands still");
        var warm = report.step("snapshot", source::snapshot);
        report.size("snapshot", warm.info().bytesOnDisk().toString());
        return warm;
    }

    private void fork(Snapshot warm, Reading before) {
        report.chapter("Fork three workers, each with an environment of its own");
        for (String role : ROLES) {
            String fork = name + "-" + role;
            var worker =
                    report.step(
                            "restore " + fork,
                            () -> warm.restoreWith(fork, r -> r.env("ROLE", role)));
            workers.add(worker);
            var reading =
                    report.step(
                            "first command in " + fork,
                            () -> Reading.parse(run(worker, "cat /dev/shm/count")));
            expectContinued(before, reading, fork);
            report.saw(fork + " goes on: token " + reading.token() + ", at " + reading.count());
        }
    }

    private void diverge() {
        report.chapter("Each goes its own way");
        run(workers.getFirst(), "rm /dev/shm/state");
        for (int i = 0; i < workers.size(); i++) {
            var worker = workers.get(i);
            String seen = run(worker, LOOK_AROUND);
            report.saw(seen);
            boolean gone = !seen.endsWith(", shared");
            if (!seen.startsWith(ROLES.get(i) + ", " + worker.name() + ", ") || gone != (i == 0)) {
                throw wrong(worker.name() + " said '" + seen + "'");
            }
        }
        report.saw("the file that the first one removed is still in the others");
    }

    private void resume(Sandbox source, Reading before) {
        report.chapter("Let the source go on");
        report.step(
                "resume " + name,
                () -> {
                    source.resume();
                    return source;
                });
        var later = Reading.parse(run(source, READ_LATER));
        expectContinued(before, later, name);
        report.saw(name + " goes on: token " + later.token() + ", at " + later.count());
    }

    private void keep(Sandbox source, Snapshot warm) {
        report.chapter("Keep the snapshot under a name and remove the source");
        report.step("save as " + savedName(name), () -> warm.saveNamed(savedName(name)));
        report.step(
                "remove " + name,
                () -> {
                    source.remove();
                    return source;
                });
    }

    private void bringBack(Reading before) {
        report.chapter("Bring it back by that name, now that the source is gone");
        var saved = stasis.snapshot(savedName(name));
        String fork = name + "-back";
        var back = report.step("restore " + fork, () -> saved.restore(fork));
        var reading = Reading.parse(run(back, READ_LATER));
        expectContinued(before, reading, fork);
        report.saw(fork + " goes on: token " + reading.token() + ", at " + reading.count());
        report.size(fork, back.usage());
    }

    private Reading read(Sandbox sandbox) {
        return Reading.parse(run(sandbox, READ_LATER));
    }

    private static String run(Sandbox sandbox, String script) {
        return sandbox.exec(e -> e.command("sh", "-c", script).timeout(PATIENCE))
                .orThrow()
                .stdout()
                .strip();
    }

    private static void expectContinued(Reading before, Reading after, String who) {
        if (!after.token().equals(before.token()) || after.count() < before.count()) {
            throw wrong(
                    who
                            + " shows "
                            + after
                            + ", which does not continue "
                            + before
                            + " of the captured process");
        }
    }

    private static StasisException wrong(String what) {
        return new StasisException(
                ErrorCode.INTERNAL, "The demonstration went wrong: " + what + "; please report it");
    }
}
