/// The host's side of a guest: connections to its agent, and the files that a machine boots from.
/// What is said on a connection is described in `guest/PROTOCOL.md`. Everything that comes from a
/// guest is taken for hostile.
@org.jspecify.annotations.NullMarked
module dev.stasis.guest {
    requires dev.stasis.linux;
    requires transitive dev.stasis;
    requires static transitive org.jspecify;

    exports dev.stasis.guest;
}
