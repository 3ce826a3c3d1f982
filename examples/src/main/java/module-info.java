/// Programs that use Stasis. The documentation quotes them, and tests run them.
@org.jspecify.annotations.NullMarked
module dev.stasis.examples {
    requires dev.stasis;
    requires static org.jspecify;

    exports dev.stasis.examples;
}
