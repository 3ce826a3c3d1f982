package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.LabelsBuilder;
import dev.stasis.StasisException;

/// One word that changes a label: `KEY=VALUE` sets it, `KEY-` removes it.
final class LabelChange {
    private LabelChange() {}

    static void apply(String change, LabelsBuilder labels) {
        int equals = change.indexOf('=');
        if (equals > 0) {
            labels.set(change.substring(0, equals), change.substring(equals + 1));
        } else if (equals < 0 && change.length() > 1 && change.endsWith("-")) {
            labels.remove(change.substring(0, change.length() - 1));
        } else {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "'%s' changes no label: write KEY=VALUE to set one, KEY- to remove one"
                            .formatted(change));
        }
    }
}
