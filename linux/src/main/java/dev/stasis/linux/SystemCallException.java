package dev.stasis.linux;

import java.io.IOException;

/// A system call that failed.
public final class SystemCallException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String call;
    private final int errno;

    SystemCallException(String call, String subject, int errno) {
        super(call + " " + subject + ": " + Errno.nameOf(errno));
        this.call = call;
        this.errno = errno;
    }

    /// The name of the call, such as `flock`.
    public String call() {
        return call;
    }

    /// Whether the kernel refused it for want of a right.
    public boolean isRefused() {
        return is(Errno.EPERM) || is(Errno.EACCES);
    }

    boolean is(Errno expected) {
        return errno == expected.number();
    }
}
