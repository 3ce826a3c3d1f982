package dev.stasis.guest;

import java.io.InputStream;
import java.util.Arrays;

/// Where the standard input of a command comes from.
public sealed interface Stdin {
    /// `/dev/null`.
    record None() implements Stdin {}

    /// What the caller writes to {@link RunningCommand#stdin()}, which has to be closed to end it.
    record Piped() implements Stdin {}

    /// What a stream holds, read on a thread of its own until the stream's end or the command's. It
    /// is not closed. A read that blocks delays nothing, but when it returns after the command's
    /// end, what it read is lost.
    ///
    /// @param stream read by one thread
    record From(InputStream stream) implements Stdin {}

    /// Some bytes.
    final class Bytes implements Stdin {
        private final byte[] bytes;

        private Bytes(byte[] bytes) {
            this.bytes = bytes.clone();
        }

        byte[] bytes() {
            return bytes;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Bytes that && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }
    }

    /// `/dev/null`.
    static Stdin none() {
        return new None();
    }

    /// Written by the caller.
    static Stdin piped() {
        return new Piped();
    }

    /// Read from a stream.
    static Stdin from(InputStream stream) {
        return new From(stream);
    }

    /// These bytes.
    static Stdin of(byte[] bytes) {
        return new Bytes(bytes);
    }
}
