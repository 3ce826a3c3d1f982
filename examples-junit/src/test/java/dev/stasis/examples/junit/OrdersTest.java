package dev.stasis.examples.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/// Each test changes the orders, and none of them has to clean up.
// @start region="sketch"
class OrdersTest extends OrdersDatabase {
    @Test
    void deletesOrders(Sandbox db) throws SQLException { // in a fork of its own
        assertThat(Postgres.update(db, "DELETE FROM orders")).isEqualTo(10_000);
    }

    @Test
    void stillThere(Sandbox db) throws SQLException { // sees every order again
        assertThat(Postgres.count(db, "orders")).isEqualTo(10_000);
    }
}
// @end
