package dev.stasis.guest;

import org.jspecify.annotations.Nullable;

/// The guest could not start a command.
///
/// @param errno the guest's error number, such as 2 when there is no such program or folder
/// @param step what failed
/// @param text what the agent said, fit to be shown
public record CommandNotStarted(int errno, Step step, String text) implements StartOutcome {
    private static final int ENOENT = 2;
    private static final int ESRCH = 3;
    private static final int ENOEXEC = 8;
    private static final int EAGAIN = 11;
    private static final int ENOMEM = 12;
    private static final int EACCES = 13;
    private static final int EBUSY = 16;

    /// The step that failed.
    public enum Step {
        /// Something that the agent has to make for a command: memory, a pipe, a cgroup.
        LIMITS(1),
        /// Making the process.
        FORK(2),
        /// Going to the working folder.
        FOLDER(3),
        /// Becoming the user.
        USER(4),
        /// Executing the program.
        EXECUTE(5),
        /// Understanding the request.
        BAD_REQUEST(6),
        /// None: the sandbox is frozen.
        FROZEN(7);

        private final int number;

        Step(int number) {
            this.number = number;
        }

        /// The step of that number on the wire; null when there is none.
        static @Nullable Step of(byte number) {
            for (Step step : values()) {
                if (step.number == number) {
                    return step;
                }
            }
            return null;
        }
    }

    /// Why, for people.
    public String reason() {
        return switch (step) {
            case USER ->
                    switch (errno) {
                        case ENOENT -> "the guest's /etc/passwd has no such user";
                        case ESRCH -> "the guest's /etc/group has no such group";
                        default -> text;
                    };
            case LIMITS, FORK, FOLDER, EXECUTE, BAD_REQUEST, FROZEN -> text;
        };
    }

    /// There is no such program.
    public boolean isProgramMissing() {
        return step == Step.EXECUTE && errno == ENOENT;
    }

    /// The file is there and can't be executed: no permission, or no program.
    public boolean isNotExecutable() {
        return step == Step.EXECUTE && (errno == EACCES || errno == ENOEXEC);
    }

    /// There was no memory, or no process left, for it.
    public boolean isOutOfMemory() {
        return errno == ENOMEM || errno == EAGAIN;
    }

    /// No command has the id that was to be attached to.
    public boolean isUnknown() {
        return step == Step.BAD_REQUEST && errno == ENOENT;
    }

    /// Somebody else is attached to the command.
    public boolean isTaken() {
        return step == Step.BAD_REQUEST && errno == EBUSY;
    }

    /// What a shell would report: 127 when there is no such program, else 126.
    public int exitCode() {
        return isProgramMissing() ? 127 : 126;
    }
}
