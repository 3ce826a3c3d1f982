package dev.stasis.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Properties;

// @start region="recipe"
/// What must not be the same in two forks: made anew in each generation.
public record ForkIdentity(String generation, String name, SecureRandom random) {
    private static volatile ForkIdentity current = new ForkIdentity("", "", new SecureRandom());

    /// The identity of this generation. Reads one small file in memory.
    ///
    /// @param file `/run/stasis/fork`
    public static ForkIdentity now(Path file) throws IOException {
        var fields = new Properties();
        try (var text = Files.newBufferedReader(file)) {
            fields.load(text);
        }
        var known = current;
        String generation = fields.getProperty("generation", "");
        if (!known.generation.equals(generation)) {
            var reseeded = new SecureRandom(); // seeds itself from the kernel's generator
            known = new ForkIdentity(generation, fields.getProperty("name", ""), reseeded);
            current = known;
        }
        return known;
    }
}
// @end
