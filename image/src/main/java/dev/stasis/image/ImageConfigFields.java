package dev.stasis.image;

import dev.stasis.ImageConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The configuration of an image in its record: a tree of JSON values with the names of {@link
/// ImageConfig}.
final class ImageConfigFields {
    private ImageConfigFields() {}

    static Map<String, Object> tree(ImageConfig config) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("entrypoint", config.entrypoint());
        fields.put("cmd", config.cmd());
        fields.put("env", config.env());
        fields.put("user", config.user());
        fields.put("workingDir", config.workingDir());
        fields.put("stopSignal", config.stopSignal());
        fields.put("exposedPorts", config.exposedPorts());
        fields.put("labels", config.labels());
        return fields;
    }

    /// @throws ClassCastException when it is something else
    static ImageConfig read(@Nullable Object tree) {
        if (tree == null) {
            return ImageConfig.EMPTY;
        }
        var fields = (Map<?, ?>) tree;
        return new ImageConfig(
                texts(fields.get("entrypoint")),
                texts(fields.get("cmd")),
                pairs(fields.get("env")),
                text(fields.get("user")),
                text(fields.get("workingDir")),
                text(fields.get("stopSignal")),
                texts(fields.get("exposedPorts")),
                pairs(fields.get("labels")));
    }

    private static String text(@Nullable Object value) {
        return value == null ? "" : (String) value;
    }

    private static List<String> texts(@Nullable Object value) {
        return value == null
                ? List.of()
                : ((List<?>) value).stream().map(String.class::cast).toList();
    }

    private static Map<String, String> pairs(@Nullable Object value) {
        var pairs = new LinkedHashMap<String, String>();
        if (value != null) {
            ((Map<?, ?>) value).forEach((key, text) -> pairs.put((String) key, (String) text));
        }
        return pairs;
    }
}
