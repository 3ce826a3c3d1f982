package dev.stasis.guest;

import dev.stasis.linux.Flock;

/// One lane of a sandbox, held by this process: its lock and a connection over it.
public final class Lane implements AutoCloseable {
    private final int number;
    private final Flock lock;
    private final AgentConnection connection;
    private final Runnable used;

    Lane(int number, Flock lock, AgentConnection connection, Runnable used) {
        this.number = number;
        this.lock = lock;
        this.connection = connection;
        this.used = used;
    }

    /// Its number, from 1.
    public int number() {
        return number;
    }

    /// The connection; it ends with the lane.
    public AgentConnection connection() {
        return connection;
    }

    /// Ends the connection and gives the lane back. Can be called again.
    @Override
    public void close() {
        connection.close();
        used.run();
        lock.close();
    }
}
