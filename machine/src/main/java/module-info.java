/// Machines: one QEMU process each, started, paused, captured and restored. Nothing here knows
/// images, names or the guest's agent.
@org.jspecify.annotations.NullMarked
module dev.stasis.machine {
    requires static transitive org.jspecify;
    requires transitive dev.stasis;
    requires dev.stasis.linux;
    requires tools.jackson.core;
    requires tools.jackson.jr.ob;

    exports dev.stasis.machine;
}
