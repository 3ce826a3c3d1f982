/// Images: read-only root file systems of guests.
@org.jspecify.annotations.NullMarked
module dev.stasis.image {
    requires transitive dev.stasis;
    requires dev.stasis.linux;
    requires org.apache.commons.compress;
    requires static org.jspecify;
    requires tools.jackson.jr.ob;

    exports dev.stasis.image;
}
