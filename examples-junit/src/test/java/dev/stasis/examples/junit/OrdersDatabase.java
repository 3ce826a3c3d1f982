package dev.stasis.examples.junit;

import dev.stasis.Sandbox;
import dev.stasis.junit.Addresses;
import dev.stasis.junit.Sandboxed;
import dev.stasis.junit.Warmup;
import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;

/// A PostgreSQL with orders in it: started and filled once, for all classes of tests that extend
/// this one. It stands by itself, so that it is warmed up anew when it changes, and not when a test
/// does.
@Sandboxed(name = "db", image = "../target/postgres.tar", ports = OrdersDatabase.PORT)
abstract class OrdersDatabase {
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

    @Warmup(inputs = "orders.sql")
    static void seed(Sandbox db) throws IOException {
        db.exec("sh", "-ec", START).orThrow();
        db.awaitPort(PORT, Duration.ofMinutes(2));
        try (var sql = resource("orders.sql")) {
            db.exec(e -> e.command("su", "postgres", "-c", "psql -q -v ON_ERROR_STOP=1").stdin(sql))
                    .orThrow();
        }
    }

    static Connection connect(Sandbox db) throws SQLException {
        return DriverManager.getConnection(Addresses.jdbcUrl(db, PORT, "postgres"), "postgres", "");
    }

    private static InputStream resource(String name) {
        return Objects.requireNonNull(OrdersDatabase.class.getResourceAsStream(name), name);
    }
}
