/// The system calls of Linux that Java has no method for. All native code of Stasis is here.
@org.jspecify.annotations.NullMarked
module dev.stasis.linux {
    requires static transitive org.jspecify;

    exports dev.stasis.linux;
}
