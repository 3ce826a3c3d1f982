package dev.stasis;

/// The size of a terminal, in characters.
///
/// @param rows 1 to 65535
/// @param columns 1 to 65535
public record TerminalSize(int rows, int columns) {
    /// The size that terminals have always had.
    public static final TerminalSize USUAL = new TerminalSize(24, 80);

    private static final int MOST = 65_535;

    /// Checks.
    public TerminalSize {
        if (rows < 1 || rows > MOST || columns < 1 || columns > MOST) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "A terminal of %d rows and %d columns can't be: each is 1 to %d"
                            .formatted(rows, columns, MOST));
        }
    }
}
