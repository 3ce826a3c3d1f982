package dev.stasis.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import dev.stasis.Stasis;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A real suite: a hundred tests that each change a database of a hundred thousand rows.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PostgresTest {
    @RegisterExtension static final TestHome HOME = new TestHome();

    private static final int TESTS = 100;

    @BeforeAll
    static void makeImage() throws Exception {
        Postgres.makeImage();
        Cases.WARMED.set(0);
    }

    @Test
    @Order(1)
    void aHundredTestsThatChangeOrdersEachSeeThemAllOneAfterTheOther() {
        runAll(Map.of());
    }

    @Test
    @Order(2)
    void theyDoSoAtTheSameTimeFromTheSnapshotOfTheRunBefore() {
        runAll(
                Map.of(
                        "junit.jupiter.execution.parallel.enabled",
                        "true",
                        "junit.jupiter.execution.parallel.mode.default",
                        "concurrent",
                        "junit.jupiter.execution.parallel.config.strategy",
                        "fixed",
                        "junit.jupiter.execution.parallel.config.fixed.parallelism",
                        "3"));
        assertThat(Cases.WARMED).hasValueLessThanOrEqualTo(1);
    }

    private static void runAll(Map<String, String> parameters) {
        Cases.FORKS.clear();
        long begun = System.nanoTime();
        var results = HOME.run(parameters, PostgresCases.Orders.class);
        System.out.printf("%d tests in %d ms%n", TESTS, (System.nanoTime() - begun) / 1_000_000);
        assertThat(TestHome.failures(results)).isEmpty();
        results.testEvents().assertStatistics(counts -> counts.succeeded(TESTS));
        assertThat(Cases.FORKS).hasSize(TESTS);
    }

    /// The hook of docs/recipes.md, from the page itself.
    @Test
    @Order(3)
    void theRecipesHookMakesEachForkKnowItsNameAndDrawOtherRandomNumbers() throws Exception {
        try (var stasis = Stasis.open(HOME.path());
                var base = stasis.create("base", s -> s.image(Postgres.IMAGE))) {
            Postgres.start(base);
            var hook = new ByteArrayInputStream(recipe());
            base.exec(e ->
                            e.command(
                                            "sh",
                                            "-c",
                                            "mkdir -p /etc/stasis; cat > /etc/stasis/on-fork; chmod +x /etc/stasis/on-fork")
                                    .stdin(hook))
                    .orThrow();
            Cases.sh(
                    base,
                    "su postgres -c 'psql -qc \"SELECT pg_sleep(100000)\"' < /dev/null > /dev/null 2>&1 &");
            HOME.await("the old session", () -> sessions(base).equals("1"));
            var snapshot = base.snapshot();
            var drawn = new HashSet<String>();
            for (String name : new String[] {"one", "two"}) {
                try (var fork = snapshot.restore(name)) {
                    assertThat(Postgres.sql(fork, "SELECT current_setting('stasis.name')"))
                            .isEqualTo(name);
                    HOME.await("the old session's end", () -> sessions(fork).equals("0"));
                    assertThat(drawn.add(Postgres.sql(fork, "SELECT random()"))).isTrue();
                }
            }
        }
    }

    private static String sessions(Sandbox sandbox) {
        return Postgres.sql(
                sandbox,
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'");
    }

    private static byte[] recipe() throws Exception {
        String page = Files.readString(Path.of("../docs/recipes.md"));
        String begin = "```sh /etc/stasis/on-fork\n";
        assertThat(page).contains(begin);
        int from = page.indexOf(begin) + begin.length();
        return page.substring(from, page.indexOf("```", from)).getBytes(StandardCharsets.UTF_8);
    }
}
