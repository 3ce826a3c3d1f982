package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.PrintWriter;
import java.io.StringWriter;

/// What is said about a failure, and the exit code it gives.
final class Failures {
    /// The exit code of `exec` and `run` for failures that are not the command's.
    static final int NOT_THE_COMMANDS = 125;

    private Failures() {}

    /// `stasis: ` and the message; that of the cause too where it has more to say.
    static String message(Throwable failure) {
        String text = "stasis: " + own(failure);
        var cause = failure.getCause();
        return cause != null && adds(cause, text) ? text + " (" + own(cause) + ")" : text;
    }

    private static boolean adds(Throwable cause, String told) {
        String message = cause.getMessage();
        return message != null && !message.isBlank() && !told.contains(message);
    }

    static int exitCode(Throwable failure) {
        var code = failure instanceof StasisException e ? e.code() : ErrorCode.INTERNAL;
        return code.category().exitCode();
    }

    static String stackTrace(Throwable failure) {
        var text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString().stripTrailing();
    }

    private static String own(Throwable failure) {
        String message = failure.getMessage();
        String kind = failure.getClass().getSimpleName();
        if (message == null || message.isBlank()) {
            return kind;
        }
        return failure instanceof StasisException ? message : kind + ": " + message;
    }
}
