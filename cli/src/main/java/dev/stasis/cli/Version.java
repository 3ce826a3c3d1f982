package dev.stasis.cli;

import picocli.CommandLine.IVersionProvider;

/// The version that this module was built as.
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {text()};
    }

    static String text() {
        var module = Version.class.getModule().getDescriptor();
        String version =
                module == null
                        ? "of an unknown version: run it from the module path"
                        : module.rawVersion().orElse("of an unknown version");
        return "stasis " + version;
    }
}
