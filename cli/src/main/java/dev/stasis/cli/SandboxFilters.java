package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.SandboxFilter;
import dev.stasis.SandboxState;
import dev.stasis.StasisException;
import java.util.Arrays;
import java.util.List;

/// The values of `ls --filter`.
final class SandboxFilters {
    private SandboxFilters() {}

    static SandboxFilter of(List<String> words) {
        var filter = new SandboxFilter();
        words.forEach(word -> apply(word, filter));
        return filter;
    }

    private static void apply(String word, SandboxFilter filter) {
        int equals = word.indexOf('=');
        var key = equals < 0 ? word : word.substring(0, equals);
        var value = word.substring(equals + 1);
        if (equals < 0 || value.isEmpty()) {
            throw unknown(word);
        }
        switch (key) {
            case "label" -> label(value, filter);
            case "status", "state" -> filter.state(state(value));
            case "image" -> filter.image(value);
            case "snapshot" -> filter.snapshot(value);
            default -> throw unknown(word);
        }
    }

    private static void label(String label, SandboxFilter filter) {
        int equals = label.indexOf('=');
        if (equals < 0) {
            filter.label(label);
        } else {
            filter.label(label.substring(0, equals), label.substring(equals + 1));
        }
    }

    private static SandboxState state(String word) {
        return Arrays.stream(SandboxState.values())
                .filter(state -> Fields.word(state).equals(word))
                .findFirst()
                .orElseThrow(() ->
                        invalid(
                                "'%s' is no state: write one of %s"
                                        .formatted(
                                                word,
                                                Arrays.stream(SandboxState.values())
                                                        .map(Fields::word)
                                                        .toList())));
    }

    private static StasisException unknown(String word) {
        return invalid(
                "'%s' is no filter: write label=KEY, label=KEY=VALUE, status=STATE, image=IMAGE or snapshot=ID"
                        .formatted(word));
    }

    private static StasisException invalid(String message) {
        return new StasisException(ErrorCode.INVALID_ARGUMENT, message);
    }
}
