package dev.stasis.store;

import java.security.SecureRandom;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/// Ids of sandboxes and snapshots: 12 characters of lower case base32, drawn at random and never
/// used again.
public final class Ids {
    private static final int LENGTH = 12;
    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
    private static final Pattern FORM = Pattern.compile("[a-z2-7]{" + LENGTH + "}");
    private static final SecureRandom RANDOM = new SecureRandom();

    private Ids() {}

    /// A new id.
    public static String next() {
        return next(RANDOM);
    }

    static String next(RandomGenerator random) {
        var id = new StringBuilder(LENGTH);
        for (int i = 0; i < LENGTH; i++) {
            id.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return id.toString();
    }

    /// Whether a text has the form of an id.
    public static boolean isId(String text) {
        return FORM.matcher(text).matches();
    }
}
