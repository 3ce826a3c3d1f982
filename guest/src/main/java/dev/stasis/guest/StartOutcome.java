package dev.stasis.guest;

/// What came of starting a command: it runs, or it could not be started.
public sealed interface StartOutcome permits RunningCommand, CommandNotStarted {}
