package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/// Names of files in a guest. There they are bytes, here they are text: UTF-8, and each byte that
/// is none is a character from `U+DC80` to `U+DCFF`, which becomes that byte again.
final class GuestNames {
    static final int MAX_PATH_BYTES = 4095;
    private static final int ESCAPE = 0xDC00;

    private GuestNames() {}

    /// The bytes of a path.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when it is empty, too long,
    ///   or holds a NUL or half a character
    static byte[] bytes(String path) {
        byte[] bytes = encode(path);
        boolean nul = path.indexOf('\0') >= 0;
        if (bytes.length == 0 || bytes.length > MAX_PATH_BYTES || nul) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "Path of "
                            + bytes.length
                            + " bytes "
                            + (nul ? "with a NUL in it " : "")
                            + "in the sandbox: give 1 to "
                            + MAX_PATH_BYTES
                            + " bytes without NUL");
        }
        return bytes;
    }

    private static byte[] encode(String path) {
        if (path.chars().noneMatch(GuestNames::isEscape)) {
            return strict(path, 0, path.length());
        }
        var bytes = new ByteArrayOutputStream();
        int start = 0;
        for (int at = 0; at <= path.length(); at++) {
            boolean low =
                    at < path.length()
                            && isEscape(path.charAt(at))
                            && (at == 0 || !Character.isHighSurrogate(path.charAt(at - 1)));
            if (low || at == path.length()) {
                bytes.writeBytes(strict(path, start, at));
                start = at + 1;
            }
            if (low) {
                bytes.write(path.charAt(at) - ESCAPE);
            }
        }
        return bytes.toByteArray();
    }

    private static boolean isEscape(int c) {
        return c >= ESCAPE + 0x80 && c <= ESCAPE + 0xFF;
    }

    private static byte[] strict(String text, int start, int end) {
        try {
            ByteBuffer bytes =
                    StandardCharsets.UTF_8
                            .newEncoder()
                            .onMalformedInput(CodingErrorAction.REPORT)
                            .encode(CharBuffer.wrap(text, start, end));
            var array = new byte[bytes.remaining()];
            bytes.get(array);
            return array;
        } catch (CharacterCodingException e) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "A path in the sandbox holds half a character and can't be a file's name",
                    e);
        }
    }

    /// The text of some bytes.
    static String text(byte[] bytes) {
        var decoder =
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT);
        var in = ByteBuffer.wrap(bytes);
        var out = CharBuffer.allocate(bytes.length);
        while (decoder.decode(in, out, true).isError()) {
            out.put((char) (ESCAPE + Byte.toUnsignedInt(in.get())));
            decoder.reset();
        }
        return out.flip().toString();
    }
}
