package dev.stasis.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Runs several commands in one process: what an AOT cache is trained with has to be one process,
/// and no single command loads what all of the frequent ones need.
public final class Rehearsal {
    private static final String NEXT = "--then";

    private Rehearsal() {}

    /// Runs the commands one after the other, whatever becomes of each, and ends this process in
    /// the JVM's own way, which is what writes the cache.
    ///
    /// @param args the words of the commands, with `--then` between two
    public static void main(String[] args) {
        Main.prepare();
        for (var command : commands(args)) {
            int code = Main.run(Main.session(), command.toArray(String[]::new));
            System.err.println(String.join(" ", command) + ": exit code " + code);
        }
        System.exit(0);
    }

    static List<List<String>> commands(String... args) {
        var words = Arrays.asList(args);
        var commands = new ArrayList<List<String>>();
        for (int start = 0; start < words.size(); ) {
            int length = words.subList(start, words.size()).indexOf(NEXT);
            int end = length < 0 ? words.size() : start + length;
            commands.add(words.subList(start, end));
            start = end + 1;
        }
        return commands;
    }
}
