package dev.stasis.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.jr.ob.JSON;

/// The command line of a machine that Stasis has restored, to start the same machine without
/// Stasis: the same devices, accelerator and options.
///
/// @param arguments as the living process shows them
/// @param run the folder of its sockets
/// @param disk its overlay
record QemuArguments(List<String> arguments, Path run, Path disk) {
    private static final String WAITING = "defer";

    static QemuArguments of(long pid, Path run, Path disk) throws IOException {
        var line = Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.UTF_8);
        return new QemuArguments(Arrays.asList(line.split("\0")), run, disk);
    }

    /// A machine that waits for a state, with memory of its own.
    ///
    /// @param memory where that lies
    List<String> waiting(Memory memory, Path newRun, Path newDisk) {
        return moved(memory, newRun, newDisk);
    }

    /// A machine that is given its state by other options.
    List<String> resume(Memory memory, Path newRun, Path newDisk, String... how) {
        var command = moved(memory, newRun, newDisk);
        command.remove("-S");
        without(command, "-incoming");
        command.addAll(List.of(how));
        return command;
    }

    /// A machine that is about to boot; only its start is of interest.
    List<String> spawned(Path newRun, Path newDisk) {
        var command = moved(new Memory.Anonymous(), newRun, newDisk);
        without(command, "-incoming");
        return command;
    }

    /// What is passed on through somebody who starts the program and says by himself what the
    /// machine is called, by what its processors work, and where its state comes from.
    List<String> passedOn(Memory memory, Path newRun, Path newDisk) {
        var command = resume(memory, newRun, newDisk);
        command.removeFirst();
        without(command, "-name");
        without(command, "-accel");
        return command;
    }

    /// The program.
    String program() {
        return arguments.getFirst();
    }

    /// What follows an option.
    String value(String option) throws IOException {
        int at = arguments.indexOf(option);
        if (at < 0 || at + 1 == arguments.size()) {
            throw new IOException("the machine is started without " + option + ": " + arguments);
        }
        return arguments.get(at + 1);
    }

    private List<String> moved(Memory memory, Path newRun, Path newDisk) {
        var moved = new ArrayList<String>();
        for (var argument : arguments) {
            moved.add(
                    argument.contains("\"memory-backend-")
                            ? memory.inPlaceOf(argument)
                            : argument.replace(disk.toString(), newDisk.toString())
                                    .replace(run.toString(), newRun.toString())
                                    .replaceFirst(
                                            "^(socket,id=qmp),fd=\\d+",
                                            "$1,path=" + newRun + "/qmp")
                                    .replaceFirst(
                                            "path=/dev/fd/(\\d+)", "path=" + newRun + "/log.$1"));
        }
        without(moved, "-sandbox"); // it forbids the helper processes of a migration to a file
        return moved;
    }

    private static void without(List<String> command, String option) {
        int at = command.indexOf(option);
        if (at >= 0) {
            command.subList(at, at + 2).clear();
        }
    }

    /// Whether it waits for a state, as a restored machine does.
    boolean waits() {
        return arguments.contains(WAITING);
    }

    /// The file that its memory is mapped from.
    Path image() throws IOException {
        for (var argument : arguments) {
            if (argument.contains("\"memory-backend-file\"")) {
                return Path.of(String.valueOf(JSON.std.mapFrom(argument).get("mem-path")));
            }
        }
        throw new IOException("the machine maps no RAM image: " + arguments);
    }

    /// Where the memory of a machine lies.
    sealed interface Memory {
        /// Nowhere but in memory.
        record Anonymous() implements Memory {}

        /// In a file that stays as it is.
        record PrivateFile(Path file) implements Memory {}

        /// In a file that it writes to.
        record SharedFile(Path file) implements Memory {}

        /// The option that says so.
        ///
        /// @param option the one of the machine that Stasis made
        default String inPlaceOf(String option) {
            var backend = new HashMap<String, Object>();
            try {
                backend.putAll(JSON.std.mapFrom(option));
            } catch (RuntimeException e) {
                throw new IllegalStateException("no memory of Stasis: " + option, e);
            }
            backend.keySet().retainAll(List.of("id", "size"));
            backend.putAll(
                    switch (this) {
                        case Anonymous() ->
                                Map.of("qom-type", "memory-backend-ram", "share", false);
                        case PrivateFile(var file) -> file(file, false);
                        case SharedFile(var file) -> file(file, true);
                    });
            return JSON.std.asString(backend);
        }

        private static Map<String, Object> file(Path file, boolean share) {
            return Map.of(
                    "qom-type", "memory-backend-file", "share", share, "mem-path", file.toString());
        }
    }
}
