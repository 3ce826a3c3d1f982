/// Sandboxes on this machine: composes machines, guests, the store and images. Found by the API as
/// a provider.
@org.jspecify.annotations.NullMarked
module dev.stasis.local {
    requires transitive dev.stasis;
    requires dev.stasis.linux;
    requires dev.stasis.machine;
    requires dev.stasis.guest;
    requires dev.stasis.guest.resources;
    requires dev.stasis.store;
    requires dev.stasis.image;
    requires jdk.jfr;
    requires org.apache.commons.compress;
    requires tools.jackson.core;
    requires tools.jackson.jr.ob;
    requires static org.jspecify;

    exports dev.stasis.local;

    provides dev.stasis.spi.StasisProvider with
            dev.stasis.local.LocalProvider;
}
