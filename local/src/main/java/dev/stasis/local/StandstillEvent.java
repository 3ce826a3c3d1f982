package dev.stasis.local;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/// Tells the flight recorder how long a running sandbox has to stand still for a snapshot.
@Name("dev.stasis.Standstill")
@Label("Standstill")
@Description("From when a sandbox's processes are frozen until it could go on, captured")
@Category("Stasis")
@StackTrace(false)
final class StandstillEvent extends Event {
    @Label("Sandbox")
    final String sandbox;

    private StandstillEvent(String sandbox) {
        this.sandbox = sandbox;
    }

    /// Begins one.
    ///
    /// @return ends and records it
    static Runnable begun(String sandbox) {
        var event = new StandstillEvent(sandbox);
        event.begin();
        return event::commit;
    }
}
