package dev.stasis.cli;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// The keys that let a command on a terminal go. What is typed passes through here: a beginning of
/// the keys waits until the next key shows whether it was one.
final class DetachKeys {
    static final String USUAL = "ctrl-p,ctrl-q";

    private final byte[] keys;
    private int typed;

    /// @param keys none = nothing lets it go
    DetachKeys(List<Byte> keys) {
        this.keys = new byte[keys.size()];
        for (int i = 0; i < this.keys.length; i++) {
            this.keys[i] = keys.get(i);
        }
    }

    /// What of the bytes is for the program.
    byte[] pass(byte[] bytes, int length) {
        var passed = new ByteArrayOutputStream();
        for (int i = 0; i < length && !complete(); i++) {
            if (keys.length > 0 && bytes[i] == keys[typed]) {
                typed++;
                continue;
            }
            passed.write(keys, 0, typed);
            typed = keys.length > 0 && bytes[i] == keys[0] ? 1 : 0;
            if (typed == 0) {
                passed.write(bytes[i]);
            }
        }
        return passed.toByteArray();
    }

    /// Whether all of the keys were typed.
    boolean complete() {
        return keys.length > 0 && typed == keys.length;
    }

    /// Reads keys such as `ctrl-p,ctrl-q` or `ctrl-a,d`; nothing stands for none.
    static final class Converter implements ITypeConverter<List<Byte>> {
        @Override
        public List<Byte> convert(String text) {
            var keys = new ArrayList<Byte>();
            for (var key : text.isEmpty() ? new String[0] : text.split(",", -1)) {
                keys.add(key(key));
            }
            return keys;
        }

        private static byte key(String key) {
            var small = key.toLowerCase(Locale.ROOT);
            if (key.length() == 1 && key.charAt(0) > ' ' && key.charAt(0) < 127) {
                return (byte) key.charAt(0);
            }
            int control =
                    small.length() == 6
                            ? "@abcdefghijklmnopqrstuvwxyz[\\]^_".indexOf(small.charAt(5))
                            : -1;
            if (!small.startsWith("ctrl-") || control < 0) {
                throw new TypeConversionException(
                        "'"
                                + key
                                + "' is no key: write single characters or ctrl- and a letter, such"
                                + " as "
                                + USUAL);
            }
            return (byte) control;
        }
    }
}
