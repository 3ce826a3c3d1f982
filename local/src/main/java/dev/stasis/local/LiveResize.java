package dev.stasis.local;

import dev.stasis.SandboxState;
import dev.stasis.StasisException;
import dev.stasis.store.Durability;
import dev.stasis.store.Setup;
import java.time.Duration;

/// Resizes a sandbox that runs. Its record says at any time what it has.
record LiveResize(Place place) {
    private static final Duration CONNECT = Duration.ofSeconds(20);

    void become(WantedSize wanted) {
        var power = new Power(place);
        try (var _ = place.lock("resize")) {
            var record = power.requireState("resize", SandboxState.RUNNING);
            var setup = record.setup();
            wanted.checked("Sandbox " + place.name(), setup);
            if (wanted.equals(WantedSize.of(setup))) {
                return;
            }
            try (var agent = new GuestControl(place).connect(CONNECT)) {
                new Resizing(place, agent, setup, this::remember).become(wanted);
            } catch (StasisException e) {
                throw power.explained(e);
            }
        }
    }

    private void remember(Setup setup) {
        place.home().sandboxes().update(place.record().withSetup(setup), Durability.UNSYNCED);
    }
}
