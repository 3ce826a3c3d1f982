/// Every test in its own fork: a JUnit extension that warms a sandbox up once and gives each test a
/// fork of it.
@org.jspecify.annotations.NullMarked
module dev.stasis.junit {
    requires transitive dev.stasis;
    requires transitive org.junit.jupiter.api;
    requires static org.jspecify;

    exports dev.stasis.junit;

    opens dev.stasis.junit to
            org.junit.platform.commons;
}
