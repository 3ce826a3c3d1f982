package dev.stasis.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The command line of a machine that Stasis has booted, to start the same machine without Stasis:
/// the same kernel, devices, accelerator and options.
///
/// @param arguments as the living process shows them
/// @param run the folder of its sockets
/// @param disk its overlay
record QemuArguments(List<String> arguments, Path run, Path disk) {
    static QemuArguments of(long pid, Path run, Path disk) throws IOException {
        var line = Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.UTF_8);
        return new QemuArguments(Arrays.asList(line.split("\0")), run, disk);
    }

    /// A fresh machine.
    List<String> boot(Path newRun, Path newDisk) {
        var moved = new ArrayList<String>();
        for (var argument : arguments) {
            moved.add(
                    argument.replace(disk.toString(), newDisk.toString())
                            .replace(run.toString(), newRun.toString())
                            .replaceFirst("^(socket,id=qmp),fd=\\d+", "$1,path=" + newRun + "/qmp")
                            .replaceFirst("path=/dev/fd/(\\d+)", "path=" + newRun + "/log.$1"));
        }
        without(moved, "-sandbox"); // it forbids the helper processes of a migration to a file
        return moved;
    }

    /// A machine that gets its state elsewhere, so it needs no kernel.
    List<String> resume(Path newRun, Path newDisk, String... how) {
        var command = boot(newRun, newDisk);
        without(command, "-kernel");
        without(command, "-initrd");
        without(command, "-append");
        command.addAll(List.of(how));
        return command;
    }

    private static void without(List<String> command, String option) {
        int at = command.indexOf(option);
        if (at >= 0) {
            command.subList(at, at + 2).clear();
        }
    }
}
