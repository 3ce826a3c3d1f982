/// Images: read-only root file systems of guests.
@org.jspecify.annotations.NullMarked
module dev.stasis.image {
    requires transitive dev.stasis;
    requires com.github.luben.zstd_jni;
    requires dev.stasis.linux;
    requires java.net.http;
    requires org.apache.commons.compress;
    requires static org.jspecify;
    requires tools.jackson.jr.ob;

    exports dev.stasis.image;
}
