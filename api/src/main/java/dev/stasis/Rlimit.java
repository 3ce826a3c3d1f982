package dev.stasis;

/// What a process of a command can be kept from using too much of: the resource limits of Linux, as
/// `ulimit` shows them. Each process has them for itself, and hands them on to those it starts.
public enum Rlimit {
    /// Seconds of CPU time; SIGXCPU comes at the soft limit and SIGKILL at the hard one.
    CPU(0),
    /// Bytes of a file that it writes.
    FSIZE(1),
    /// Bytes of its data segment.
    DATA(2),
    /// Bytes of its stack.
    STACK(3),
    /// Bytes of a core dump.
    CORE(4),
    /// Processes and threads of its user.
    NPROC(6),
    /// Open files, plus one.
    NOFILE(7),
    /// Bytes of locked memory.
    MEMLOCK(8),
    /// Bytes of address space.
    AS(9);

    private final int number;

    Rlimit(int number) {
        this.number = number;
    }

    /// The number that Linux gives it.
    public int number() {
        return number;
    }

    /// The two bounds of a resource.
    ///
    /// @param soft where the kernel refuses more; {@link #NONE} is no bound
    /// @param hard what a process may raise the soft one to; {@link #NONE} is no bound
    public record Bounds(long soft, long hard) {
        /// No bound.
        public static final long NONE = -1;

        /// Checks.
        public Bounds {
            boolean above = hard != NONE && (soft == NONE || soft > hard);
            if (soft < NONE || hard < NONE || above) {
                throw new StasisException(
                        ErrorCode.INVALID_ARGUMENT,
                        "A limit of %d that can be raised to %d can't be: give numbers from 0, or -1 for no bound, the first no larger than the second"
                                .formatted(soft, hard));
            }
        }
    }
}
