package dev.stasis.machine;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.DiskFull;
import dev.stasis.linux.Flock;
import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpException;
import dev.stasis.machine.qmp.QmpObject;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Does things to a machine through QEMU's monitor, and turns whatever goes wrong into an error
/// that says why: when QEMU has died, how it ended and what it said last.
///
/// The monitor serves one at a time. It is opened for each thing and closed after it, unless it is
/// held; who holds it is one thread at a time.
final class Monitor implements AutoCloseable {
    private static final Duration DYING = Duration.ofSeconds(2);
    private static final Duration MAYBE_DYING = Duration.ofMillis(100);

    private final MachineFiles files;
    private @Nullable QmpClient held;

    /// @param files of the machine
    Monitor(MachineFiles files) {
        this.files = files;
    }

    /// Something done through the monitor.
    @FunctionalInterface
    interface Work<T> {
        /// Does it.
        T run(QmpClient qmp, Deadline deadline) throws QmpException, IOException;
    }

    /// Does something to the machine.
    ///
    /// @param what names it in errors: "The machine can't be …"
    <T> T run(String what, Duration atMost, Work<T> work) {
        var deadline = Deadline.in(atMost);
        var open = held;
        if (open != null) {
            return explained(what, deadline, () -> work.run(open, deadline));
        }
        return explained(
                what,
                deadline,
                () -> {
                    try (var qmp = QmpClient.connect(files.monitor(), atMost)) {
                        return work.run(qmp, deadline);
                    }
                });
    }

    /// Opens the monitor and keeps it for all that is done until this is closed, where nobody else
    /// is served.
    void hold(String what, Duration atMost) {
        if (held == null) {
            held =
                    explained(
                            what,
                            Deadline.in(atMost),
                            () -> QmpClient.connect(files.monitor(), atMost));
        }
    }

    /// Whether it is kept open.
    boolean isHeld() {
        return held != null;
    }

    /// Holds the monitor no longer, if it did.
    @Override
    public void close() {
        if (held != null) {
            held.close();
            held = null;
        }
    }

    private interface Call<T> {
        T run() throws QmpException, IOException;
    }

    private <T> T explained(String what, Deadline deadline, Call<T> call) {
        try {
            return call.run();
        } catch (QmpException e) {
            throw failure(what, deadline, e);
        } catch (IOException e) {
            throw failure(what, e);
        }
    }

    /// What the machine is doing.
    static MachineState state(QmpClient qmp, Deadline deadline) throws QmpException {
        return MachineState.ofQemu(status(qmp, deadline));
    }

    /// QEMU's word for what the machine is doing.
    static String status(QmpClient qmp, Deadline deadline) throws QmpException {
        return QmpObject.of(qmp.execute("query-status", Map.of(), deadline.left())).text("status");
    }

    private StasisException failure(String what, Deadline deadline, QmpException e) {
        return switch (e.kind()) {
            case DISCONNECTED -> hasEnded(DYING) ? ended(what, e) : failed(what, e);
            case TIMED_OUT ->
                    hasEnded(MAYBE_DYING)
                            ? ended(what, e)
                            : new StasisException(
                                    ErrorCode.DEADLINE_EXCEEDED,
                                    subject(what)
                                            + " within "
                                            + deadline
                                            + ": "
                                            + e.description()
                                            + "; see "
                                            + files.qemuLog(),
                                    e);
            case REFUSED -> DiskFull.isSaidBy(e.description()) ? full(what, e) : failed(what, e);
            case MALFORMED, INTERRUPTED -> failed(what, e);
        };
    }

    private StasisException failure(String what, IOException e) {
        if (hasEnded(MAYBE_DYING)) {
            return ended(what, e);
        }
        if (DiskFull.is(e)) {
            return full(what, e);
        }
        return new StasisException(ErrorCode.IO_FAILED, subject(what) + ": " + e.getMessage(), e);
    }

    /// The error of a machine that is gone.
    StasisException ended(String what, Throwable cause) {
        return new StasisException(
                ErrorCode.MACHINE_FAILED,
                subject(what) + ", because it has ended: " + endAndLog(),
                cause);
    }

    /// How the machine ended and what QEMU said last, for people.
    String endAndLog() {
        String how;
        try {
            how =
                    MachineEnd.read(files.end())
                            .map(MachineEnd::toString)
                            .orElse("its launcher was ended too, and left no reason");
        } catch (IOException e) {
            how = "the reason can't be read (" + e.getMessage() + ")";
        }
        return how + LogTail.of(files.qemuLog());
    }

    private StasisException failed(String what, QmpException e) {
        return new StasisException(
                ErrorCode.MACHINE_FAILED,
                subject(what) + ": " + e.description() + LogTail.of(files.qemuLog()),
                e);
    }

    private StasisException full(String what, Exception cause) {
        return new StasisException(
                ErrorCode.DISK_FULL,
                subject(what) + ": no space is left on a disk; free some and try again",
                cause);
    }

    private String subject(String what) {
        return "The machine in " + files.run() + " can't be " + what;
    }

    private boolean hasEnded(Duration patience) {
        try {
            return Flock.awaitFree(files.lock(), patience);
        } catch (IOException e) {
            return false;
        }
    }
}
