package dev.stasis.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What this process has read from small files of a home, for as long as they look the same: a look
/// takes a tenth of the time that reading and parsing take, and every operation reads the same few
/// files several times. What was written within the last 50 ms is read again, see [Look].
/// Thread-safe.
final class Remembered {
    /// How many files are remembered, those that were used last.
    private static final int MOST = 4096;

    private final Map<Path, Known> known =
            Collections.synchronizedMap(
                    new LinkedHashMap<>(16, 0.75f, true) {
                        private static final long serialVersionUID = 1L;

                        @Override
                        protected boolean removeEldestEntry(Map.Entry<Path, Known> eldest) {
                            return size() > MOST;
                        }
                    });

    private record Known(Look look, Object value) {}

    /// Reads a file, unless it is known.
    interface Reading<T> {
        T read() throws IOException;
    }

    /// What a file says.
    ///
    /// @param type what is made of a file of this path, always
    /// @param reading makes it, and nobody changes it then; what it throws is thrown
    <T> T read(Path file, Class<T> type, Reading<T> reading) throws IOException {
        var before = look(file);
        var last = known.get(file);
        if (last != null && last.look.equals(before)) {
            return type.cast(last.value);
        }
        known.remove(file);
        boolean lasting = before != null && before.lasts();
        T value = reading.read();
        if (before != null && lasting && before.equals(look(file))) {
            known.put(file, new Known(before, value));
        }
        return value;
    }

    private static @Nullable Look look(Path file) {
        try {
            return Look.at(file);
        } catch (IOException e) {
            return null; // Reading it says why.
        }
    }
}
