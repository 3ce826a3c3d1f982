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

    /// What a shell would report: 127 when there is no such program, else 126.
    public int exitCode() {
        return step == Step.EXECUTE && errno == ENOENT ? 127 : 126;
    }
}
