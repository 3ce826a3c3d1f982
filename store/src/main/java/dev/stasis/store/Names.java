package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.util.regex.Pattern;

/// The one rule for the names of sandboxes and snapshots: 1 to 63 characters, the first a lower
/// case letter or a digit, the others also `-`, `_` and `.`. Such a name is safe as a file name,
/// and a sandbox's is its host name as well.
public final class Names {
    private static final int LONGEST = 63;
    private static final int SHOWN_CHARACTERS = 40;
    private static final Pattern FORM = Pattern.compile("[a-z0-9][a-z0-9_.-]{0,62}");

    private Names() {}

    /// Checks a name.
    ///
    /// @param subject what it names, for the message: `sandbox` or `snapshot`
    /// @param name the name as the user gave it
    /// @return the name
    /// @throws StasisException with {@link ErrorCode#INVALID_NAME}
    public static String check(String subject, String name) {
        if (isName(name)) {
            return name;
        }
        throw new StasisException(
                ErrorCode.INVALID_NAME,
                "'%s' can't name a %s: use 1 to %d lower case letters, digits, '-', '_' and '.', and begin with a letter or a digit"
                        .formatted(shown(name), subject, LONGEST));
    }

    /// Whether a text follows the rule.
    public static boolean isName(String text) {
        return FORM.matcher(text).matches();
    }

    /// A text from outside as it may appear in a message: control characters and what is not ASCII
    /// as `\\uXXXX`, long ones cut.
    static String shown(String text) {
        var out = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), SHOWN_CHARACTERS); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~') {
                out.append("\\u%04x".formatted((int) c));
            } else {
                out.append(c);
            }
        }
        return text.length() > SHOWN_CHARACTERS ? out + "…" : out.toString();
    }
}
