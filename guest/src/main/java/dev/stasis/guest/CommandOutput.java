package dev.stasis.guest;

/// Where the output of a command goes: it is pushed into sinks, or waits in a queue to be taken.
public sealed interface CommandOutput permits OutputSinks, OutputQueue {}
