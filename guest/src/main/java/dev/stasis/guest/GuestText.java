package dev.stasis.guest;

import java.nio.charset.StandardCharsets;

/// Text from a guest, made fit for a message.
final class GuestText {
    private static final int LIMIT = 300;

    private GuestText() {}

    /// The text with everything replaced that could act on a terminal, and cut where it is long.
    static String printable(byte[] bytes, int offset) {
        int length = Math.clamp(bytes.length - (long) offset, 0, 4 * LIMIT);
        return printable(
                new String(bytes, length == 0 ? 0 : offset, length, StandardCharsets.UTF_8));
    }

    /// The same for text that is decoded.
    static String printable(String decoded) {
        var text = new StringBuilder();
        decoded.codePoints()
                .limit(LIMIT)
                .map(c -> unsafe(c) ? '?' : c)
                .forEach(text::appendCodePoint);
        return text.toString();
    }

    private static boolean unsafe(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    true;
            default -> false;
        };
    }
}
