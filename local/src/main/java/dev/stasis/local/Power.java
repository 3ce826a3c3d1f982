package dev.stasis.local;

import dev.stasis.EndCause;
import dev.stasis.ErrorCode;
import dev.stasis.SandboxState;
import dev.stasis.StasisException;
import dev.stasis.machine.Machine;
import dev.stasis.machine.MachineState;
import dev.stasis.store.Durability;
import dev.stasis.store.SandboxRecord;
import dev.stasis.store.SandboxRecord.State;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/// Pauses, resumes and stops one sandbox. The sandbox's lock is held for each.
final class Power {
    private static final Duration STEP = Duration.ofSeconds(30);

    private static final Duration GRACE = Duration.ofSeconds(10);
    private static final Duration POWER_OFF = Duration.ofSeconds(30);

    private final Place place;
    private final Listing listing;

    Power(Place place) {
        this.place = place;
        this.listing = new Listing(place.home());
    }

    /// The sandbox's record, if it is in one of these states.
    ///
    /// @throws StasisException with {@link ErrorCode#WRONG_STATE} saying in which state it is, or
    ///   {@link ErrorCode#SANDBOX_NOT_FOUND}
    SandboxRecord requireState(String what, SandboxState... possible) {
        var record = place.record();
        var condition = listing.condition(record);
        if (Arrays.asList(possible).contains(condition.state())) {
            return record;
        }
        String advice =
                switch (condition.state()) {
                    case PAUSED -> "resume it first";
                    case RUNNING -> "pause it first";
                    case CREATING -> "wait until it is complete";
                    case STOPPED, ENDED -> "start it, or restore a snapshot of it";
                };
        throw new StasisException(
                ErrorCode.WRONG_STATE,
                "Can't %s in sandbox %s: it is %s%s; %s"
                        .formatted(
                                what,
                                place.name(),
                                condition.state(),
                                condition.reason().map(r -> " (" + r + ")").orElse(""),
                                advice));
    }

    void pause() {
        try (var _ = place.lock("pause")) {
            var record = requireState("pause", SandboxState.RUNNING, SandboxState.PAUSED);
            if (record.state() == State.PAUSED) {
                return;
            }
            var guest = new GuestControl(place);
            boolean frozen = guest.freeze();
            try {
                place.machine().pause(STEP);
                update(record.withState(State.PAUSED));
            } catch (RuntimeException e) {
                if (frozen) {
                    Closing.after(e, List.of(guest::thaw));
                }
                throw e;
            }
        }
    }

    void resume() {
        try (var _ = place.lock("resume")) {
            var record = requireState("resume", SandboxState.RUNNING, SandboxState.PAUSED);
            if (record.state() == State.RUNNING) {
                goOnAfterFullDisk();
                return;
            }
            var settled = new InterruptedCapture(place).settle(record);
            goOn(settled);
        } catch (StasisException e) {
            throw explained(e);
        }
    }

    /// Lets a sandbox go on whose lock the caller holds.
    void goOn(SandboxRecord settled) {
        place.machine().resume(STEP);
        new GuestControl(place).goOn();
        update(settled.withState(State.RUNNING));
    }

    /// A machine that should run stands still all the same when this computer's disk was full.
    private void goOnAfterFullDisk() {
        var machine = place.machine();
        if (machine.status(STEP).state() == MachineState.DISK_FULL) {
            machine.resume(STEP);
            new GuestControl(place).goOn();
        }
    }

    void stop() {
        try (var _ = place.lock("stop")) {
            var record = place.record();
            switch (listing.condition(record).state()) {
                case RUNNING -> stopRunning(record);
                case PAUSED -> end(record, "it was stopped while paused", EndCause.KILLED);
                case ENDED -> settleEnded(record);
                case STOPPED -> {
                    if (record.state() != State.STOPPED && record.run().rewinding() == null) {
                        settleEnded(record);
                    }
                }
                case CREATING -> requireState("stop", SandboxState.RUNNING);
            }
        }
    }

    private void stopRunning(SandboxRecord record) {
        if (shutDown(ImageProgram.of(place.name(), record.setup()).stopSignal())) {
            end(record, "it was stopped", EndCause.ASKED);
        } else {
            end(record, "it was stopped, did not end when asked, and was killed", EndCause.KILLED);
        }
    }

    /// Records how a machine ended that ended by itself.
    private void settleEnded(SandboxRecord record) {
        end(record, place.machineEnd(), place.endCause());
    }

    /// Whether the guest ended when asked.
    private boolean shutDown(int signal) {
        try {
            new GuestControl(place).shutDown(GRACE, signal);
            return Machine.awaitEnd(place.machineFiles(), POWER_OFF);
        } catch (StasisException e) {
            if (e.code() == ErrorCode.INTERRUPTED) {
                throw e;
            }
            return false; // A guest that can't be asked is killed.
        }
    }

    private void end(SandboxRecord record, String reason, EndCause cause) {
        var settled = new InterruptedCapture(place).settle(record);
        Removal.of(place).endMachine();
        update(settled.stopped(reason, cause));
        place.home().snapshots().collect();
    }

    /// The failure of a call to a sandbox's machine or agent, with the end of the machine as its
    /// reason where that has ended.
    StasisException explained(StasisException e) {
        if (e.code() != ErrorCode.AGENT_FAILED
                && e.code() != ErrorCode.MACHINE_FAILED
                && e.code() != ErrorCode.DEADLINE_EXCEEDED) {
            return e;
        }
        return place.awaitDying() ? place.machineEnded(e) : e;
    }

    /// The failure of a command, see {@link #explained}.
    ///
    /// @param begun the sandbox's record when the command began
    StasisException explained(StasisException e, SandboxRecord begun) {
        if (e.code() != ErrorCode.AGENT_FAILED && e.code() != ErrorCode.MACHINE_FAILED) {
            return explained(e);
        }
        var run = place.home().sandboxes().find(place.name()).map(SandboxRecord::run);
        boolean rewound =
                run.filter(now ->
                                now.rewinding() != null
                                        || !now.generation().equals(begun.run().generation()))
                        .isPresent();
        return rewound
                ? new StasisException(
                        ErrorCode.REWOUND,
                        "Sandbox "
                                + place.name()
                                + " was rewound while a command ran in it: what it was doing is undone; start it again",
                        e)
                : explained(e);
    }

    private void update(SandboxRecord record) {
        place.home().sandboxes().update(record, Durability.UNSYNCED);
    }
}
