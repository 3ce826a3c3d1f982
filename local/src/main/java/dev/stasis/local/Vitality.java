package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.SandboxState;
import dev.stasis.StasisException;
import dev.stasis.machine.Machine;
import java.time.Duration;

/// Whether one sandbox lives, and when it no longer does.
record Vitality(Place place) {
    private static final Duration CONNECT = Duration.ofSeconds(20);
    private static final int PING_BYTES = 8;

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
