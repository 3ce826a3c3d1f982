package dev.stasis.guest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Optional;

/// How the program ended that a guest runs when it has become a fork. What it started and left
/// running lives on, unless its time was over.
public sealed interface HookEnd {
    /// There is none.
    record None() implements HookEnd {}

    /// It ended.
    ///
    /// @param code its exit code
    record Exited(int code) implements HookEnd {}

    /// A signal ended it.
    ///
    /// @param signal its number
    record Signaled(int signal) implements HookEnd {}

    /// It was killed, with all that it had started, because its time was over.
    ///
    /// @param after the time it had
    record TimedOut(Duration after) implements HookEnd {}

    /// It could not be started.
    ///
    /// @param errno why
    record NotStarted(int errno) implements HookEnd {}

    /// The end that an agent tells: `u8 which, 3 zero bytes, u32 value`; empty when it is none.
    static Optional<HookEnd> read(byte[] answer, Duration longest) {
        if (answer.length != 2 * Integer.BYTES) {
            return Optional.empty();
        }
        int value = ByteBuffer.wrap(answer).order(ByteOrder.LITTLE_ENDIAN).getInt(Integer.BYTES);
        return switch (answer[0]) {
            case 0 -> Optional.of(new None());
            case 1 -> Optional.of(new Exited(value));
            case 2 -> Optional.of(new Signaled(value));
            case 3 -> Optional.of(new TimedOut(longest));
            case 4 -> Optional.of(new NotStarted(value));
            default -> Optional.empty();
        };
    }
}
