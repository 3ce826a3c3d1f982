package dev.stasis.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// A PostgreSQL in a sandbox.
final class Postgres {
    static final int PORT = 5432;
    static final int ROWS = 100_000;

    /// From the module's folder, where the tests run.
    static final String IMAGE = "../target/postgres.tar";

    private static final int BUILD_MINUTES = 10;

    private Postgres() {}

    /// Makes the image, unless it is there.
    static void makeImage() throws Exception {
        var log = Path.of("target", "postgres-image.log");
        var process =
                new ProcessBuilder("../build/postgres-image.sh")
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        if (!process.waitFor(BUILD_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new AssertionError("The image was not made:\n" + Files.readString(log));
        }
    }

    /// Starts it and waits until it answers.
    static void start(Sandbox sandbox) {
        Cases.sh(
                sandbox,
                """
                mkdir -p /run/postgresql; chown postgres: /run/postgresql
                printf 'jit = off\\nssl = off\\n' > /etc/postgresql/15/main/conf.d/test.conf
                echo 'host all all 127.0.0.1/32 trust' > /etc/postgresql/15/main/pg_hba.conf
                echo 'local all all peer' >> /etc/postgresql/15/main/pg_hba.conf
                """);
        control(sandbox, "start");
        sandbox.awaitPort(PORT, Duration.ofMinutes(2));
    }

    static void control(Sandbox sandbox, String verb) {
        Cases.sh(
                sandbox,
                "su postgres -c '/usr/lib/postgresql/15/bin/pg_ctl -w -t 120 -m fast"
                        + " -l /var/log/postgresql/log -D /var/lib/postgresql/15/main"
                        + " -o \"-c config_file=/etc/postgresql/15/main/postgresql.conf\" "
                        + verb
                        + "' < /dev/null > /dev/null 2>&1");
    }

    static void seed(Sandbox sandbox) {
        sql(
                sandbox,
                "CREATE TABLE orders (id int PRIMARY KEY, customer text, cents int);"
                        + " INSERT INTO orders SELECT n, 'customer ' || n % 1000, n FROM generate_series(1, "
                        + ROWS
                        + ") n; CREATE INDEX ON orders (customer); ANALYZE; CHECKPOINT");
    }

    /// Runs SQL in the sandbox.
    static String sql(Sandbox sandbox, String sql) {
        return Cases.sh(sandbox, "su postgres -c 'psql -qAt' <<'END'\n" + sql + ";\nEND");
    }

    static Connection connect(Sandbox sandbox) throws SQLException {
        return DriverManager.getConnection(
                Addresses.jdbcUrl(sandbox, PORT, "postgres"), "postgres", "");
    }

    static int number(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getInt(1);
        }
    }
}
