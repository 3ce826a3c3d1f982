package dev.stasis.examples.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Uses the same database as [OrdersTest]: what is warmed up for one class is there for the other.
class CustomersTest extends OrdersDatabase {
    private static final int ALL = 10_000;
    private static final int OF_ONE = 10;

    @Test
    void aTableCanBeDropped(Sandbox db) throws SQLException {
        Postgres.update(db, "DROP TABLE orders");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void everyCustomerHasTenOrders(int customer, Sandbox db) throws SQLException {
        assertThat(
                        Postgres.update(
                                db,
                                "DELETE FROM orders WHERE customer = 'customer " + customer + "'"))
                .isEqualTo(OF_ONE);
        assertThat(Postgres.count(db, "orders")).isEqualTo(ALL - OF_ONE);
    }
}
