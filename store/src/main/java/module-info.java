/// Snapshots and sandboxes on disk.
@org.jspecify.annotations.NullMarked
module dev.stasis.store {
    requires transitive dev.stasis;
    requires com.github.luben.zstd_jni;
    requires dev.stasis.linux;
    requires static org.jspecify;
    requires tools.jackson.jr.ob;

    exports dev.stasis.store;
}
