package dev.stasis.examples.junit;

import dev.stasis.Sandbox;
import dev.stasis.junit.Sandboxed;
import dev.stasis.junit.Warmup;
import java.io.IOException;

/// A PostgreSQL with orders in it: started and filled once, for all classes of tests that extend
/// this one. It stands by itself, so that it is warmed up anew when it changes, and not when a test
/// does.
// @start region="sketch"
@Sandboxed(name = "db", image = "../target/postgres.tar", ports = Postgres.PORT)
abstract class OrdersDatabase {
    @Warmup(inputs = "orders.sql", classes = Postgres.class)
    static void seed(Sandbox db) throws IOException { // once
        Postgres.start(db);
        Postgres.load(db, "orders.sql");
    }
}
// @end
