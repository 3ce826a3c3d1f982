package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/// A JSON object of a file in the store, read with suspicion: the file is no link and not large,
/// and every field is of the type that is asked for.
final class Document {
    private static final JSON READER = JSON.std;
    private static final JSON WRITER = JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT);

    private final String origin;
    private final Map<String, Object> fields;

    private Document(String origin, Map<String, Object> fields) {
        this.origin = origin;
        this.fields = fields;
    }

    /// Reads a file.
    ///
    /// @param limitBytes the largest file that is read
    /// @throws IOException when there is no such file or it can't be read
    /// @throws StasisException with STORE_DAMAGED when it is no such object
    static Document read(Path file, int limitBytes) throws IOException {
        return parse(file.toString(), readBytes(file, limitBytes));
    }

    /// Reads a regular file of limited size.
    static byte[] readBytes(Path file, int limitBytes) throws IOException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw Failures.damaged(
                    file + " is a link, a folder or a device where a file should be: remove it");
        }
        try (var channel =
                        Files.newByteChannel(
                                file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
                var in = Channels.newInputStream(channel)) {
            byte[] content = in.readNBytes(limitBytes + 1);
            if (content.length > limitBytes) {
                throw Failures.damaged(
                        "%s is larger than the %d bytes that such a file can have"
                                .formatted(file, limitBytes));
            }
            return content;
        }
    }

    static Document parse(String origin, byte[] content) {
        JacksonException failure = null;
        try {
            Object tree = READER.anyFrom(content);
            if (tree instanceof Map<?, ?>) {
                return new Document(origin, asTree(tree));
            }
        } catch (JacksonException e) {
            failure = e;
        }
        throw new StasisException(
                ErrorCode.STORE_DAMAGED,
                "%s (%d bytes) is no JSON object: it was cut off or written by something else"
                        .formatted(origin, content.length),
                failure);
    }

    /// Makes a value of what is in this document; its own checks are about damage then.
    <T> T as(Function<Document, T> reading) {
        try {
            return reading.apply(this);
        } catch (IllegalArgumentException e) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED, origin + " is not valid: " + e.getMessage(), e);
        } catch (StasisException e) {
            if (e.code() == ErrorCode.STORE_DAMAGED) {
                throw e;
            }
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED, origin + " is not valid: " + e.getMessage(), e);
        }
    }

    /// The bytes of a JSON object.
    ///
    /// @param subject what it describes, for the message
    /// @param limitBytes the most that it may have, or it could not be read again
    static byte[] write(String subject, Map<String, Object> fields, int limitBytes) {
        byte[] content = WRITER.asBytes(fields);
        if (content.length > limitBytes) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "%s take %d bytes, and %d are possible: use a smaller environment"
                            .formatted(subject, content.length, limitBytes));
        }
        return content;
    }

    /// Refuses a format newer than the one known here.
    void checkFormat(int known) {
        long format = number("format");
        if (format < 1 || format > known) {
            throw Failures.damaged(
                    "%s has format %d, and this Stasis knows formats up to %d: use the newer Stasis that wrote it"
                            .formatted(origin, format, known));
        }
    }

    String text(String name) {
        return cast(name, fields.get(name), String.class);
    }

    @Nullable String textOrNull(String name) {
        return fields.get(name) == null ? null : text(name);
    }

    boolean flag(String name) {
        return cast(name, fields.get(name), Boolean.class);
    }

    long number(String name) {
        Object value = fields.get(name);
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        throw wrong(name, "a whole number", value);
    }

    int smallNumber(String name) {
        long value = number(name);
        if (value != (int) value) {
            throw wrong(name, "a small whole number", value);
        }
        return (int) value;
    }

    Instant instant(String name) {
        try {
            return Instant.parse(text(name));
        } catch (DateTimeException e) {
            throw wrong(name, "a point in time", fields.get(name));
        }
    }

    <E extends Enum<E>> E choice(String name, Class<E> type) {
        String value = text(name);
        for (E constant : type.getEnumConstants()) {
            if (constant.name().equals(value)) {
                return constant;
            }
        }
        throw wrong(name, "one of " + List.of(type.getEnumConstants()), value);
    }

    Document object(String name) {
        return new Document(origin + ": " + name, tree(name));
    }

    List<Document> objects(String name) {
        var all = cast(name, fields.get(name), List.class);
        var out = new ArrayList<Document>();
        for (Object element : all) {
            out.add(
                    new Document(
                            "%s: %s[%d]".formatted(origin, name, out.size()),
                            asTree(name, element)));
        }
        return out;
    }

    /// A JSON array of texts; empty when there is none.
    List<String> textsOrNone(String name) {
        var out = new ArrayList<String>();
        if (fields.get(name) != null) {
            for (Object element : cast(name, fields.get(name), List.class)) {
                out.add(cast(name, element, String.class));
            }
        }
        return out;
    }

    boolean has(String name) {
        return fields.get(name) != null;
    }

    /// A JSON object of texts.
    Map<String, String> texts(String name) {
        var out = new LinkedHashMap<String, String>();
        tree(name).forEach((key, value) -> out.put(key, cast(name, value, String.class)));
        return out;
    }

    /// A JSON object as it is.
    Map<String, Object> tree(String name) {
        return asTree(name, fields.get(name));
    }

    /// An error for a field that is well-formed and yet wrong.
    StasisException wrong(String name, String expected, @Nullable Object found) {
        return Failures.damaged(
                "%s: '%s' should be %s and is '%s'"
                        .formatted(origin, name, expected, Names.shown(String.valueOf(found))));
    }

    private Map<String, Object> asTree(String name, @Nullable Object value) {
        return asTree(cast(name, value, Map.class));
    }

    @SuppressWarnings("unchecked") // JSON has no other keys than texts.
    private static Map<String, Object> asTree(Object tree) {
        return (Map<String, Object>) tree;
    }

    private <T> T cast(String name, @Nullable Object value, Class<T> type) {
        if (type.isInstance(value)) {
            return type.cast(value);
        }
        throw wrong(name, "a " + type.getSimpleName(), value);
    }
}
