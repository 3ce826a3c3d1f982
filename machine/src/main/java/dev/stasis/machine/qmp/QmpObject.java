package dev.stasis.machine.qmp;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A JSON object that QEMU sent. What is missing or of another type than expected is reported as
/// malformed.
///
/// @param fields its members
public record QmpObject(Map<String, Object> fields) {
    static final QmpObject EMPTY = new QmpObject(Map.of());

    /// The text of a member.
    public String text(String name) throws QmpException {
        return value(name, String.class);
    }

    /// The text of a member that may be missing.
    public Optional<String> optionalText(String name) {
        return fields.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
    }

    /// The number of a member.
    public long number(String name) throws QmpException {
        return value(name, Number.class).longValue();
    }

    /// The object of a member.
    public QmpObject object(String name) throws QmpException {
        return of(value(name, Map.class), name);
    }

    /// The object of a member that may be missing.
    public Optional<QmpObject> optionalObject(String name) throws QmpException {
        return fields.containsKey(name) ? Optional.of(object(name)) : Optional.empty();
    }

    /// What QEMU returned, as an object.
    public static QmpObject of(Object value) throws QmpException {
        return of(value, "the answer");
    }

    /// What QEMU returned, as a list of objects.
    public static List<QmpObject> list(Object value) throws QmpException {
        if (!(value instanceof List<?> list)) {
            throw unexpected("the answer", value);
        }
        var objects = new ArrayList<QmpObject>();
        for (var element : list) {
            objects.add(of(element, "an element of the answer"));
        }
        return objects;
    }

    @SuppressWarnings("unchecked") // a JSON object has text keys
    private static QmpObject of(Object value, String name) throws QmpException {
        if (!(value instanceof Map<?, ?> map)) {
            throw unexpected(name, value);
        }
        return new QmpObject((Map<String, Object>) map);
    }

    private <T> T value(String name, Class<T> type) throws QmpException {
        var value = fields.get(name);
        if (!type.isInstance(value)) {
            throw unexpected("'" + name + "'", value == null ? "nothing" : value);
        }
        return type.cast(value);
    }

    private static QmpException unexpected(String what, Object found) {
        return new QmpException(
                QmpException.Kind.MALFORMED,
                "QEMU sent something unexpected as " + what + ": " + found,
                "");
    }
}
