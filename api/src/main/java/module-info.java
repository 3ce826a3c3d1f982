/// The API of Stasis: microVM sandboxes that can be frozen, forked and thawed. No I/O happens here;
/// the module that works on this machine is found as a {@link dev.stasis.spi.StasisProvider}.
@org.jspecify.annotations.NullMarked
module dev.stasis {
    requires static transitive org.jspecify;

    exports dev.stasis;
    exports dev.stasis.spi;

    uses dev.stasis.spi.StasisProvider;
}
