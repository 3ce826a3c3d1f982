package dev.stasis.local;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/// Tells the flight recorder how long a restore takes until the new sandbox's CPUs run.
@Name("dev.stasis.Restore")
@Label("Restore")
@Description("From the call until the CPUs of the new sandbox run")
@Category("Stasis")
@StackTrace(false)
final class RestoreEvent extends Event {
    @Label("Sandbox")
    final String sandbox;

    private RestoreEvent(String sandbox) {
        this.sandbox = sandbox;
    }

    /// Begins one.
    ///
    /// @return ends and records it
    static Runnable begun(String sandbox) {
        var event = new RestoreEvent(sandbox);
        event.begin();
        return event::commit;
    }
}
