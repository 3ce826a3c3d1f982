package dev.stasis;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// What one layer says of the environment of commands: variables that it sets, and some that it
/// takes away. Layers go over each other in this order: the image, the sandbox, the restore, the
/// command; each sees what those beneath it left.
///
/// @param variables the variables that it sets, in place of those of the same name
/// @param unset the names of variables that it takes away; none of them is in `variables`
public record Environment(Map<String, String> variables, Set<String> unset) {
    /// A layer that changes nothing.
    public static final Environment NONE = new Environment(Map.of(), Set.of());

    /// The most variables that a sandbox's environment can have.
    public static final int MOST_VARIABLES = 4096;

    /// The most bytes that a sandbox's environment can take, as `NAME=VALUE` with an end to each.
    public static final ByteSize LARGEST = new ByteSize(512 << 10);

    /// Linux takes no longer argument or variable.
    private static final int LONGEST_VARIABLE = (128 << 10) - 1;

    /// Checks and copies.
    public Environment {
        variables = Map.copyOf(variables);
        unset = Set.copyOf(unset);
        variables.forEach(Environment::check);
        unset.forEach(Environment::checkName);
        for (var name : unset) {
            if (variables.containsKey(name)) {
                throw new IllegalArgumentException(name + " is both set and taken away");
            }
        }
    }

    /// The variables that there are when this layer lies on others.
    ///
    /// @param beneath what the layers beneath left
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when that is too much for a
    ///   sandbox
    public Map<String, String> over(Map<String, String> beneath) {
        var merged = new HashMap<>(beneath);
        merged.keySet().removeAll(unset);
        merged.putAll(variables);
        long bytes =
                merged.entrySet().stream()
                        .mapToLong(each -> bytes(each.getKey(), each.getValue()) + 1L)
                        .sum();
        if (merged.size() > MOST_VARIABLES || bytes > LARGEST.bytes()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "An environment of %d variables and %d bytes is too large: %d variables and %s are the most; put what is large into files"
                            .formatted(merged.size(), bytes, MOST_VARIABLES, LARGEST));
        }
        return Map.copyOf(merged);
    }

    private static void check(String name, String value) {
        checkName(name);
        int nul = value.indexOf('\0');
        if (nul >= 0) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "The value of environment variable %s has a NUL at position %d: no value can hold one"
                            .formatted(name, nul));
        }
        int bytes = bytes(name, value);
        if (bytes > LONGEST_VARIABLE) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "Environment variable %s takes %d bytes with its name, and %d is the most: put what is large into a file"
                            .formatted(name, bytes, LONGEST_VARIABLE));
        }
    }

    private static void checkName(String name) {
        if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "'%s' can't name an environment variable: it must not be empty or hold '=' or NUL"
                            .formatted(name.replace("\0", "\\0")));
        }
    }

    private static int bytes(String name, String value) {
        return name.getBytes(StandardCharsets.UTF_8).length
                + 1
                + value.getBytes(StandardCharsets.UTF_8).length;
    }

    /// Gathers a layer; of several words about one variable the last counts.
    static final class Builder {
        private final Map<String, String> variables = new HashMap<>();
        private final Set<String> unset = new HashSet<>();

        void set(String name, String value) {
            unset.remove(name);
            variables.put(name, value);
        }

        void unset(String name) {
            variables.remove(name);
            unset.add(name);
        }

        Environment build() {
            return new Environment(variables, unset);
        }
    }
}
