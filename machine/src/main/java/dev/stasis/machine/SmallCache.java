package dev.stasis.machine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/// Answers that are slow to find, one JSON file each, with the key they hold for. A file that can't
/// be read, or written, is as good as none.
///
/// @param folder where the files are
record SmallCache(Path folder) {
    private static final System.Logger LOG = System.getLogger(SmallCache.class.getName());
    private static final String KEY = "key";
    private static final long LARGEST_BYTES = 64 << 10;

    Optional<Map<String, Object>> read(String name, String key) {
        var file = folder.resolve(name + ".json");
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > LARGEST_BYTES) {
                return Optional.empty();
            }
            var entry = JSON.std.mapFrom(Files.readString(file));
            return key.equals(entry.get(KEY)) ? Optional.of(entry) : Optional.empty();
        } catch (IOException | UncheckedIOException | JacksonException e) {
            LOG.log(System.Logger.Level.DEBUG, "ignoring " + file, e);
            return Optional.empty();
        }
    }

    void write(String name, String key, Map<String, ?> answer) {
        var entry = new LinkedHashMap<String, Object>(answer);
        entry.put(KEY, key);
        try {
            Files.createDirectories(folder);
            var aside = Files.createTempFile(folder, name, ".tmp");
            Files.writeString(aside, JSON.std.asString(entry));
            Files.move(
                    aside,
                    folder.resolve(name + ".json"),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "can't keep " + name + " in " + folder, e);
        }
    }
}
