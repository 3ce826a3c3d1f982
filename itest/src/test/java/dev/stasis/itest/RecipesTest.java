package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ForkOutcome;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// The recipes of the documentation, from the page itself.
class RecipesTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    @Test
    void theShellServerKnowsWhoItIsInEveryForkAndAfterARewind() throws Exception {
        try (var base = MACHINES.stasis().create("base", s -> s.memory("256M"))) {
            var script = new ByteArrayInputStream(recipe("/srv/server"));
            base.exec(e -> e.command("sh", "-c", "mkdir -p /srv; cat > /srv/server").stdin(script))
                    .orThrow();
            var guest = Guest.of(base);
            guest.sh("setsid sh /srv/server < /dev/null > /dev/null 2>&1 &");
            var seeds = new HashSet<String>();
            assertThat(ask(guest, "base", "", seeds)).isTrue();
            var snapshot = base.snapshot();
            var outcomes =
                    snapshot.restoreAll(
                            List.of("w-1", "w-2"), (name, r) -> r.env("WORKER_ID", "a\\b " + name));
            for (var outcome : outcomes) {
                switch (outcome) {
                    case ForkOutcome.Restored(var fork) -> {
                        var worker = "a\\b " + fork.name();
                        assertThat(ask(Guest.of(fork), fork.name(), worker, seeds)).isTrue();
                        fork.close();
                    }
                    case ForkOutcome.Failed(var _, var failure) -> throw failure;
                }
            }
            base.rewind(snapshot);
            assertThat(ask(guest, "base", "", seeds)).isTrue();
        }
    }

    /// Whether the server answers as that one, with a seed that was never seen.
    private static boolean ask(Guest guest, String name, String worker, Set<String> seeds) {
        var answer =
                guest.sh(
                        "rm -f /run/server.out; until [ -p /run/server.in ]; do usleep 10000; done; echo hello > /run/server.in; until [ -e /run/server.out ]; do usleep 10000; done; cat /run/server.out");
        var start = "hello: name=" + name + " worker=" + worker + " seed=";
        assertThat(answer).startsWith(start).hasSize(start.length() + 32);
        return seeds.add(answer.substring(start.length()));
    }

    /// The block of code that is the content of that file.
    private static byte[] recipe(String file) throws IOException {
        String page = Files.readString(Path.of("../docs/recipes.md"));
        String begin = "```sh " + file + "\n";
        assertThat(page).contains(begin);
        int from = page.indexOf(begin) + begin.length();
        return page.substring(from, page.indexOf("```", from)).getBytes(StandardCharsets.UTF_8);
    }
}
