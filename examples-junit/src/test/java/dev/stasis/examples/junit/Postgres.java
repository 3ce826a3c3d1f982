package dev.stasis.examples.junit;

import dev.stasis.Sandbox;
import dev.stasis.junit.Addresses;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;

/// How a PostgreSQL in a sandbox is started, filled and asked.
final class Postgres {
    static final int PORT = 5432;

    private static final String START =
            """
            mkdir -p /run/postgresql && chown postgres: /run/postgresql
            printf 'jit = off\\nssl = off\\n' > /etc/postgresql/15/main/conf.d/tests.conf
            echo 'host all all 127.0.0.1/32 trust' >> /etc/postgresql/15/main/pg_hba.conf
            sed -i '/scram-sha-256/d' /etc/postgresql/15/main/pg_hba.conf
            su postgres -c '/usr/lib/postgresql/15/bin/pg_ctl -w -D /var/lib/postgresql/15/main \
                -o "-c config_file=/etc/postgresql/15/main/postgresql.conf" start' < /dev/null > /var/log/start 2>&1
            """;

    private Postgres() {}

    /// Starts it and waits for its port.
    static void start(Sandbox db) {
        db.exec("sh", "-ec", START).orThrow();
        db.awaitPort(PORT, Duration.ofMinutes(2));
    }

    /// Runs the SQL of a resource.
    static void load(Sandbox db, String resource) throws IOException {
        try (var sql =
                Objects.requireNonNull(Postgres.class.getResourceAsStream(resource), resource)) {
            db.exec(e -> e.command("su", "postgres", "-c", "psql -q -v ON_ERROR_STOP=1").stdin(sql))
                    .orThrow();
        }
    }

    /// Runs a statement.
    ///
    /// @return how many rows it changed
    static int update(Sandbox db, String sql) throws SQLException {
        try (var connection = connect(db);
                var statement = connection.createStatement()) {
            return statement.executeUpdate(sql);
        }
    }

    /// How many rows a table has.
    static int count(Sandbox db, String table) throws SQLException {
        try (var connection = connect(db);
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT count(*) FROM " + table)) {
            if (!rows.next()) {
                throw new SQLException("no answer");
            }
            return rows.getInt(1);
        }
    }

    private static Connection connect(Sandbox db) throws SQLException {
        return DriverManager.getConnection(Addresses.jdbcUrl(db, PORT, "postgres"), "postgres", "");
    }
}
