package dev.stasis.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import java.sql.SQLException;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/// A suite on a real database.
final class PostgresCases {
    private PostgresCases() {}

    abstract static class Seeded {
        @Warmup(classes = Postgres.class)
        static void seed(Sandbox db) {
            Cases.WARMED.incrementAndGet();
            Postgres.start(db);
            Postgres.seed(db);
        }
    }

    @Sandboxed(name = "db", image = Postgres.IMAGE, ports = Postgres.PORT)
    static class Orders extends Seeded {
        /// Sees all orders as they were loaded, whatever the others did, and changes them: from
        /// this computer, or in the sandbox.
        @RepeatedTest(100)
        void changesOrders(RepetitionInfo repetition, Sandbox db) throws SQLException {
            int number = repetition.getCurrentRepetition();
            assertThat(Cases.FORKS.add(db.name())).isTrue();
            if (number % 10 == 0) {
                assertThat(Postgres.sql(db, "SELECT count(*) FROM orders"))
                        .isEqualTo(Integer.toString(Postgres.ROWS));
                Postgres.sql(db, "DROP TABLE orders");
                return;
            }
            try (var connection = Postgres.connect(db);
                    var statement = connection.createStatement()) {
                assertThat(Postgres.number(connection, "SELECT count(*) FROM orders"))
                        .isEqualTo(Postgres.ROWS);
                assertThat(
                                Postgres.number(
                                        connection,
                                        "SELECT cents FROM orders WHERE id = " + number))
                        .isEqualTo(number);
                assertThat(
                                statement.executeUpdate(
                                        switch (number % 3) {
                                            case 0 -> "DELETE FROM orders WHERE id <= " + number;
                                            case 1 ->
                                                    "UPDATE orders SET cents = -1 WHERE id <= "
                                                            + number;
                                            default ->
                                                    "INSERT INTO orders SELECT -n, 'new', n FROM generate_series(1, "
                                                            + number
                                                            + ") n";
                                        }))
                        .isEqualTo(number);
            }
        }
    }
}
