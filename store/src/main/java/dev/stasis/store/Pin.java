package dev.stasis.store;

import java.io.IOException;
import java.nio.file.Path;

/// Keeps a snapshot and what it lies on while this process reads its files: nothing of it is
/// deleted or held otherwise meanwhile. It ends with the process.
public final class Pin implements AutoCloseable {
    private final Home home;
    private final Path file;
    private final StoreLock lock;

    private Pin(Home home, Path file, StoreLock lock) {
        this.home = home;
        this.file = file;
        this.lock = lock;
    }

    /// Sets a pin. The caller holds the store-wide lock and knows that the snapshot is there.
    static Pin set(Home home, String id) throws IOException {
        Path file = home.pinsFolder().resolve(id + "." + Ids.next());
        var lock =
                StoreLock.acquire(file, file.toString(), "keep " + id, SandboxStore.OWN_DEADLINE);
        return new Pin(home, file, lock);
    }

    @Override
    public void close() {
        try {
            home.disk().delete(file);
        } catch (IOException e) {
            // Once its lock is free it counts for nothing, and the next open removes it.
        } finally {
            lock.close();
        }
    }
}
