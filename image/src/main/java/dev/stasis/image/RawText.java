package dev.stasis.image;

import java.nio.charset.StandardCharsets;

/// Names in tar files are bytes in no known encoding. They are kept as strings of one character a
/// byte, so that they stay what they were.
final class RawText {
    private static final int SHOWN_CHARACTERS = 120;

    private RawText() {}

    static String of(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    static byte[] bytes(String raw) {
        return raw.getBytes(StandardCharsets.ISO_8859_1);
    }

    /// A name as it may appear in a message: what does not belong on a terminal is escaped, long
    /// ones are cut.
    static String shown(String raw) {
        return shown(raw, SHOWN_CHARACTERS);
    }

    /// The same with another longest length, in characters.
    static String shown(String raw, int longest) {
        String text = new String(bytes(raw), StandardCharsets.UTF_8);
        var out = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), longest); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                out.append("\\u%04x".formatted((int) c));
            } else {
                out.append(c);
            }
        }
        return text.length() > longest ? out + "…" : out.toString();
    }
}
