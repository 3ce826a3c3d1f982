package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/// The labels of a snapshot: `.labels` in its folder, a [Sealed] file of at most 64 KiB. They lie
/// outside the manifest, since they can be changed and it can't.
///
/// ```
/// 3f0c…
/// { "format": 1, "id": "…", "labels": { "stage": "seeded" } }
/// ```
final class Labels {
    static final String FILE = ".labels";

    private static final int FORMAT = 1;
    private static final int LIMIT_BYTES = 64 << 10;
    private static final int MOST = 64;
    private static final int LONGEST_VALUE = 256;

    private Labels() {}

    /// The labels of a snapshot; none when it has no such file.
    static Map<String, String> read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        byte[] content;
        try {
            content = Document.readBytes(file, LIMIT_BYTES);
        } catch (NoSuchFileException e) {
            return Map.of();
        }
        var document = Document.parse(file.toString(), Sealed.open(file, content));
        document.checkFormat(FORMAT);
        String id = String.valueOf(folder.getFileName());
        if (!document.text("id").equals(id)) {
            throw document.wrong("id", id, document.text("id"));
        }
        return new TreeMap<>(document.texts("labels"));
    }

    static byte[] toBytes(String id, Map<String, String> labels) {
        var tree = new LinkedHashMap<String, Object>();
        tree.put("format", FORMAT);
        tree.put("id", id);
        tree.put("labels", new TreeMap<>(labels));
        return Sealed.seal(Document.write("The labels of " + id, tree, LIMIT_BYTES - 100));
    }

    /// Checks labels that a user gave.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT}
    static Map<String, String> check(Map<String, String> labels) {
        labels.forEach((key, value) -> {
            if (!Names.isName(key)) {
                throw invalid(
                        "'%s' can't be the key of a label: it follows the rule for names, such as 'stage'"
                                .formatted(Names.shown(key)));
            }
            if (value.length() > LONGEST_VALUE || value.chars().anyMatch(Character::isISOControl)) {
                throw invalid(
                        "Label '%s' can't have the value '%s': use at most %d characters, none of them a control character"
                                .formatted(key, Names.shown(value), LONGEST_VALUE));
            }
        });
        if (labels.size() > MOST) {
            throw invalid("%d labels are too many: %d are possible".formatted(labels.size(), MOST));
        }
        return labels;
    }

    private static StasisException invalid(String what) {
        return new StasisException(ErrorCode.INVALID_ARGUMENT, what);
    }
}
