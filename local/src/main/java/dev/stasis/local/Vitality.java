package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.SandboxState;
import dev.stasis.StasisException;
import dev.stasis.machine.Machine;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/// Whether one sandbox lives, and when it no longer does.
record Vitality(Place place) {
    private static final Duration CONNECT = Duration.ofSeconds(20);
    private static final int PING_BYTES = 8;
    private static final Duration REWINDING = Duration.ofSeconds(30);
    private static final long PAUSE_NANOS = Duration.ofMillis(50).toNanos();

    Duration ping() {
        var power = new Power(place);
        power.requireState("ping", SandboxState.RUNNING);
        try (var lane = place.lanes().acquire(CONNECT)) {
            long begun = System.nanoTime();
            lane.connection().ping(new byte[PING_BYTES]);
            return Duration.ofNanos(System.nanoTime() - begun);
        } catch (StasisException e) {
            throw power.explained(e);
        }
    }

    /// Whether its logs may still grow: it has a machine, or is being rewound and has none for a
    /// moment.
    boolean mayWrite() {
        if (Machine.isAlive(place.machineFiles())) {
            return true;
        }
        long end = System.nanoTime() + REWINDING.toNanos();
        while (isRewinding() && System.nanoTime() < end) {
            LockSupport.parkNanos(PAUSE_NANOS);
            if (Machine.isAlive(place.machineFiles())) {
                return true;
            }
        }
        return Machine.isAlive(place.machineFiles());
    }

    private boolean isRewinding() {
        return place.home()
                .sandboxes()
                .find(place.name())
                .filter(r -> r.id().equals(place.id()) && r.run().rewinding() != null)
                .isPresent();
    }

    void awaitEnd(Duration longest) {
        place.record();
        if (!Machine.awaitEnd(place.machineFiles(), longest)) {
            throw new StasisException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "Sandbox %s still has a machine after %s: wait longer, or stop it"
                            .formatted(place.name(), longest));
        }
    }
}
