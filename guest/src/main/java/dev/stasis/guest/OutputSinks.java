package dev.stasis.guest;

/// Where the output of a command goes.
///
/// @param stdout takes its standard output
/// @param stderr takes its standard error
public record OutputSinks(OutputSink stdout, OutputSink stderr) implements CommandOutput {
    /// Sinks that drop everything.
    public static OutputSinks discard() {
        return new OutputSinks(OutputSink.discard(), OutputSink.discard());
    }
}
