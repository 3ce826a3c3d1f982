package dev.stasis.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// What the numbers depend on.
final class Computer {
    private Computer() {}

    /// Facts about this computer, by name.
    static Map<String, String> facts(Map<String, String> more) throws IOException {
        var facts = new LinkedHashMap<String, String>();
        facts.put("cpu", cpu() + " x " + Runtime.getRuntime().availableProcessors());
        facts.put("kernel", "Linux " + System.getProperty("os.version"));
        facts.put("java", "Java " + System.getProperty("java.version"));
        facts.putAll(more);
        return facts;
    }

    private static String cpu() throws IOException {
        return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("model name"))
                .findFirst()
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .orElse("unknown CPU");
    }
}
