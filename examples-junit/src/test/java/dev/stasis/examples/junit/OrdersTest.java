package dev.stasis.examples.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Each test changes the orders, and none of them has to clean up.
class OrdersTest extends OrdersDatabase {
    private static final int ALL = 10_000;

    @Test
    void deletesOrders(Sandbox db) throws SQLException {
        try (var connection = connect(db);
                var statement = connection.createStatement()) {
            assertThat(statement.executeUpdate("DELETE FROM orders")).isEqualTo(ALL);
        }
    }

    @Test
    void dropsTheTable(Sandbox db) throws SQLException {
        try (var connection = connect(db);
                var statement = connection.createStatement()) {
            statement.execute("DROP TABLE orders");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void seesEveryOrderAgain(int customer, Sandbox db) throws SQLException {
        try (var connection = connect(db);
                var statement = connection.createStatement()) {
            assertThat(count(connection)).isEqualTo(ALL);
            statement.executeUpdate(
                    "DELETE FROM orders WHERE customer = 'customer " + customer + "'");
            assertThat(count(connection)).isEqualTo(ALL - 10);
        }
    }

    private static int count(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT count(*) FROM orders")) {
            assertThat(rows.next()).isTrue();
            return rows.getInt(1);
        }
    }
}
