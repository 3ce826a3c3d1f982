package dev.stasis.bench;

import dev.stasis.Sandbox;
import dev.stasis.junit.Addresses;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;

/// A PostgreSQL with 100,000 orders in a sandbox.
final class OrdersDatabase {
    static final int PORT = 5432;

    /// The image, from the folder that the tests run in.
    static final String IMAGE = "postgres.tar";

    private static final int ROWS = 100_000;
    private static final Duration LONGEST = Duration.ofMinutes(2);

    private OrdersDatabase() {}

    /// Starts it and fills it.
    static void seed(Sandbox sandbox) {
        sh(
                sandbox,
                """
                mkdir -p /run/postgresql; chown postgres: /run/postgresql
                printf 'jit = off\\nssl = off\\n' > /etc/postgresql/15/main/conf.d/orders.conf
                echo 'host all all 127.0.0.1/32 trust' > /etc/postgresql/15/main/pg_hba.conf
                echo 'local all all peer' >> /etc/postgresql/15/main/pg_hba.conf
                """);
        control(sandbox, "start");
        psql(
                sandbox,
                "CREATE TABLE orders (id int PRIMARY KEY, customer text, cents int);"
                        + " INSERT INTO orders SELECT n, 'customer ' || n % 1000, n FROM generate_series(1, "
                        + ROWS
                        + ") n; CREATE INDEX ON orders (customer); ANALYZE; CHECKPOINT");
    }

    /// What a test does.
    static void change(Sandbox sandbox) throws SQLException {
        var url = Addresses.jdbcUrl(sandbox, PORT, "postgres");
        try (var connection = DriverManager.getConnection(url, "postgres", "");
                var statement = connection.createStatement()) {
            statement.executeUpdate("DELETE FROM orders WHERE id <= 100");
        }
    }

    /// Ends it and starts it again, with the rows that it has.
    static void restart(Sandbox sandbox) {
        control(sandbox, "restart");
    }

    static void dump(Sandbox sandbox) {
        sh(sandbox, "su postgres -c 'pg_dump -Fc -f /tmp/dump postgres'");
    }

    /// Replaces its rows by those that were dumped.
    static void restoreDump(Sandbox sandbox) {
        psql(sandbox, "DROP TABLE orders");
        sh(sandbox, "su postgres -c 'pg_restore -d postgres /tmp/dump'");
    }

    private static void control(Sandbox sandbox, String verb) {
        sh(
                sandbox,
                "su postgres -c '/usr/lib/postgresql/15/bin/pg_ctl -w -t 120 -m fast"
                        + " -l /var/log/postgresql/log -D /var/lib/postgresql/15/main"
                        + " -o \"-c config_file=/etc/postgresql/15/main/postgresql.conf\" "
                        + verb
                        + "' < /dev/null > /dev/null 2>&1");
        sandbox.awaitPort(PORT, LONGEST);
    }

    private static void psql(Sandbox sandbox, String sql) {
        sh(sandbox, "su postgres -c 'psql -q -v ON_ERROR_STOP=1' <<'END'\n" + sql + ";\nEND");
    }

    private static void sh(Sandbox sandbox, String command) {
        sandbox.exec("sh", "-ec", command).orThrow();
    }
}
