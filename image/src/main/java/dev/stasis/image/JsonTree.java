package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/// A JSON object from outside. What is missing is empty; what is of another type than expected is
/// refused.
final class JsonTree {
    private final Map<?, ?> fields;
    private final String where;

    private JsonTree(Map<?, ?> fields, String where) {
        this.fields = fields;
        this.where = where;
    }

    /// @param where what it is, for messages
    /// @throws StasisException with {@link ErrorCode#IMAGE_INVALID} when it is no JSON object
    static JsonTree parse(byte[] content, String where) {
        return of(any(content, where), where);
    }

    /// A list of objects.
    static List<JsonTree> parseList(byte[] content, String where) {
        if (any(content, where) instanceof List<?> list) {
            return list.stream().map(item -> of(item, where)).toList();
        }
        throw wrong(where, "is no list");
    }

    private static @Nullable Object any(byte[] content, String where) {
        try {
            return JSON.std.anyFrom(content);
        } catch (JacksonException e) {
            throw new StasisException(
                    ErrorCode.IMAGE_INVALID,
                    "%s is no JSON (%s)".formatted(where, RawText.shown(e.getOriginalMessage())),
                    e);
        }
    }

    private static JsonTree of(@Nullable Object tree, String where) {
        if (tree instanceof Map<?, ?> map) {
            return new JsonTree(map, where);
        }
        throw wrong(where, "is no JSON object");
    }

    boolean has(String key) {
        return fields.get(key) != null;
    }

    String text(String key) {
        return text(fields.get(key), key);
    }

    long number(String key) {
        var value = fields.get(key);
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        throw wrong(where, "has no number '%s'".formatted(key));
    }

    JsonTree object(String key) {
        var value = fields.get(key);
        return value == null ? new JsonTree(Map.of(), where) : of(value, where + ", " + key);
    }

    List<JsonTree> objects(String key) {
        return list(key).stream().map(item -> of(item, where + ", " + key)).toList();
    }

    List<String> texts(String key) {
        return list(key).stream().map(item -> text(item, key)).toList();
    }

    Map<String, String> pairs(String key) {
        var pairs = new LinkedHashMap<String, String>();
        object(key)
                .fields
                .forEach((name, value) -> pairs.put(String.valueOf(name), text(value, key)));
        return pairs;
    }

    List<String> keys(String key) {
        var keys = new ArrayList<String>();
        object(key).fields.keySet().forEach(name -> keys.add(String.valueOf(name)));
        return keys;
    }

    private List<?> list(String key) {
        var value = fields.get(key);
        if (value == null) {
            return List.of();
        }
        if (value instanceof List<?> list) {
            return list;
        }
        throw wrong(where, "has no list '%s'".formatted(key));
    }

    private String text(@Nullable Object value, String key) {
        if (value == null) {
            return "";
        }
        if (value instanceof String text) {
            return text;
        }
        throw wrong(where, "has something else than a text in '%s'".formatted(key));
    }

    private static StasisException wrong(String where, String problem) {
        return new StasisException(
                ErrorCode.IMAGE_INVALID, "%s %s: tell the image's maker".formatted(where, problem));
    }
}
