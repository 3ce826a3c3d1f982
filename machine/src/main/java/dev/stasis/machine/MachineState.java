package dev.stasis.machine;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;

/// What a machine is doing.
public enum MachineState {
    /// It waits for its device state.
    LOADING,
    /// Its CPUs run.
    RUNNING,
    /// Its CPUs stand still, and can go on.
    PAUSED,
    /// QEMU stopped it because there is no space left for its disk. It can go on when there is.
    DISK_FULL,
    /// It stands still for good: its guest failed, or QEMU did.
    FAILED,
    /// There is no QEMU any more.
    ENDED;

    /// What can be done to a machine.
    enum Operation {
        PAUSE,
        RESUME,
        CAPTURE,
        ADD_OVERLAY,
        GROW_DISK,
        KILL
    }

    /// What a state becomes by an operation.
    ///
    /// @throws StasisException with {@link ErrorCode#WRONG_STATE} when it is not possible then
    MachineState after(Operation operation) {
        return switch (operation) {
            case PAUSE ->
                    switch (this) {
                        case RUNNING, PAUSED -> PAUSED;
                        case DISK_FULL -> DISK_FULL;
                        case LOADING, FAILED, ENDED -> throw refuse(operation);
                    };
            case RESUME ->
                    switch (this) {
                        case RUNNING, PAUSED, DISK_FULL -> RUNNING;
                        case LOADING, FAILED, ENDED -> throw refuse(operation);
                    };
            case CAPTURE ->
                    switch (this) {
                        case RUNNING, PAUSED -> PAUSED;
                        case LOADING, DISK_FULL, FAILED, ENDED -> throw refuse(operation);
                    };
            case ADD_OVERLAY, GROW_DISK ->
                    switch (this) {
                        case RUNNING, PAUSED -> this;
                        case LOADING, DISK_FULL, FAILED, ENDED -> throw refuse(operation);
                    };
            case KILL -> ENDED;
        };
    }

    /// What QEMU calls a state.
    static MachineState ofQemu(String name) {
        return switch (name) {
            case "running", "suspended" -> RUNNING;
            case "inmigrate", "preconfig" -> LOADING;
            case "io-error" -> DISK_FULL;
            case "internal-error", "guest-panicked", "shutdown", "watchdog" -> FAILED;
            default -> PAUSED;
        };
    }

    private StasisException refuse(Operation operation) {
        String advice =
                switch (this) {
                    case DISK_FULL -> ": free disk space and resume it first";
                    case LOADING -> ": it has not been restored completely";
                    case FAILED -> ": it failed, and can only be removed";
                    case ENDED -> ": start it anew";
                    case RUNNING, PAUSED -> "";
                };
        return new StasisException(
                ErrorCode.WRONG_STATE,
                "The machine can't go through " + operation + " while it is " + this + advice);
    }
}
