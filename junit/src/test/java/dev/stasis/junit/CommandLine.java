package dev.stasis.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.cli.Main;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;

/// Runs what a user would type.
final class CommandLine {
    private static final int MINUTES = 2;

    private CommandLine() {}

    /// Gives a line to a shell that finds `stasis`; it must end with 0.
    ///
    /// @param folder takes the program and what it says
    /// @return what it wrote to its standard output
    static String run(Path folder, String line) throws IOException, InterruptedException {
        var program = folder.resolve("stasis");
        if (!Files.exists(program)) {
            Files.writeString(
                    program,
                    "#!/bin/sh\nexec '%s' --enable-native-access=ALL-UNNAMED -cp '%s' %s \"$@\"\n"
                            .formatted(
                                    Path.of(System.getProperty("java.home"), "bin", "java"),
                                    System.getProperty("java.class.path"),
                                    Main.class.getName()));
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        }
        var out = folder.resolve("out");
        var err = folder.resolve("err");
        var builder =
                new ProcessBuilder("sh", "-c", line)
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
        builder.environment().merge("PATH", folder.toString(), CommandLine::before);
        var process = builder.start();
        assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).as(line).isTrue();
        assertThat(process.exitValue()).as(line + ": " + Files.readString(err)).isZero();
        return Files.readString(out);
    }

    private static String before(String path, String folder) {
        return folder + File.pathSeparator + path;
    }
}
