package dev.stasis.local;

import dev.stasis.Stasis;
import dev.stasis.linux.ProcessEnd;
import dev.stasis.linux.Users;
import dev.stasis.spi.StasisProvider;
import dev.stasis.store.Home;
import java.nio.file.Path;
import java.util.Map;

/// Opens homes on this machine.
public final class LocalProvider implements StasisProvider {
    private final Map<String, String> environment = System.getenv();

    /// Made by {@link java.util.ServiceLoader}.
    public LocalProvider() {}

    @Override
    public Stasis open(Path home) {
        return LocalStasis.open(home);
    }

    @Override
    public void prepare() {
        // Whoever opens a home waits for both, and has a processor to spare meanwhile.
        var other = new Thread(Home::prepare, "prepare home");
        other.setDaemon(true);
        other.setUncaughtExceptionHandler((_, _) -> {}); // opening a home meets it again
        other.start();
        Users.effectiveUid(); // links the C library
        Thread.ofVirtual().start(() -> {}); // starts what runs them
    }

    @Override
    public void endProcess(int exitCode) {
        ProcessEnd.now(exitCode);
    }

    @Override
    public Path defaultHome() {
        String home = environment.getOrDefault("STASIS_HOME", "");
        if (!home.isEmpty()) {
            return Path.of(home);
        }
        String data = environment.getOrDefault("XDG_DATA_HOME", "");
        if (data.startsWith("/")) {
            return Path.of(data, "stasis");
        }
        return Path.of(System.getProperty("user.home"), ".local", "share", "stasis");
    }
}
