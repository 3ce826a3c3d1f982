package dev.stasis.machine.qmp;

/// A conversation with QEMU that went wrong. The message holds what was sent and what came back.
public final class QmpException extends Exception {
    private static final long serialVersionUID = 1L;

    /// What went wrong.
    public enum Kind {
        /// Nobody listens, or the connection ended.
        DISCONNECTED,
        /// QEMU answered with an error.
        REFUSED,
        /// No answer, or no event, in time.
        TIMED_OUT,
        /// What came was not QMP.
        MALFORMED,
        /// The waiting thread was interrupted.
        INTERRUPTED
    }

    private final Kind kind;
    private final String description;

    QmpException(Kind kind, String description, String trace) {
        super(description + (trace.isEmpty() ? "" : " [" + trace + "]"));
        this.kind = kind;
        this.description = description;
    }

    /// What went wrong.
    public Kind kind() {
        return kind;
    }

    /// The message without the trace.
    public String description() {
        return description;
    }

    /// The same failure with a stack trace of the calling thread, where the original belongs to an
    /// earlier call.
    QmpException here() {
        var copy = new QmpException(kind, description, "");
        copy.initCause(this);
        return copy;
    }
}
