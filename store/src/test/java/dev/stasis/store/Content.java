package dev.stasis.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What a machine of the tests has in its memory or on its disk: places with a value each, and a
/// sum over all of them, so that whoever reads it sees whether it is right. A layer holds the
/// places that differ from the layer beneath it.
record Content(Map<String, String> places) {
    private static final String SUM = "sum";

    static final Content NONE = new Content(Map.of());

    Content {
        places = Map.copyOf(places);
    }

    /// The same with another value in a place.
    Content with(String place, String value) {
        var changed = new TreeMap<>(places);
        changed.put(place, value);
        changed.remove(SUM);
        changed.put(SUM, Digests.hex(text(changed)).substring(0, 16));
        return new Content(changed);
    }

    /// What it is known by.
    String sum() {
        return places.getOrDefault(SUM, "");
    }

    boolean isRight() {
        return places.isEmpty() || new Content(places).with("a", value("a")).sum().equals(sum());
    }

    private String value(String place) {
        return places.getOrDefault(place, "");
    }

    /// What a layer on that one has to hold.
    Content over(Content lower) {
        var layer = new TreeMap<>(places);
        layer.entrySet().removeIf(each -> each.getValue().equals(lower.places.get(each.getKey())));
        return new Content(layer);
    }

    byte[] bytes() {
        return text(new TreeMap<>(places));
    }

    private static byte[] text(TreeMap<String, String> places) {
        var text = new StringBuilder();
        places.forEach((place, value) -> text.append(place).append('=').append(value).append('\n'));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /// What layers hold together.
    ///
    /// @param files the uppermost first
    static Content merged(List<Path> files) throws IOException {
        var places = new TreeMap<String, String>();
        for (Path file : files) {
            for (String line : Files.readAllLines(file)) {
                int equals = line.indexOf('=');
                places.putIfAbsent(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return new Content(places);
    }
}
