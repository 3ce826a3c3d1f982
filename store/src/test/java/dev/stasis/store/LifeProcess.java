package dev.stasis.store;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Another process that leads a [RandomLife] in a home, and says what it promises: a line `try`
/// with all that is promised once what it does now is done, and a line `done` then.
final class LifeProcess implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(2);

    private final Process process;
    private final BufferedReader said;
    private final Path errors;
    private SortedMap<String, String> promised = new TreeMap<>();
    private @Nullable SortedMap<String, String> trying;

    private LifeProcess(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
        this.said =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /// Starts one; it goes on until it is killed, or for some time and until it promises something.
    ///
    /// @param temp with the home, the visitors and what the process needs besides
    /// @param prefix of all that it makes
    static LifeProcess start(Path temp, String prefix, long seed, Duration time)
            throws IOException {
        Path errors = temp.resolve("errors-" + prefix);
        var process =
                new ProcessBuilder(command(temp, prefix, seed, time))
                        .redirectError(errors.toFile())
                        .start();
        var life = new LifeProcess(process, errors);
        life.awaitReady();
        return life;
    }

    /// The words that start one.
    static List<String> command(Path temp, String prefix, long seed, Duration time) {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xmx128m",
                        "-Xshare:auto",
                        "-Djava.io.tmpdir=" + temp,
                        "-cp"));
        command.add(TestHome.classPath());
        command.add(LifeProcess.class.getName());
        command.addAll(List.of(temp.toString(), prefix, "" + seed, "" + time.toMillis()));
        return command;
    }

    private void awaitReady() throws IOException {
        long start = System.nanoTime();
        for (String line; (line = said.readLine()) != null; ) {
            hear(line);
            if (line.equals("ready")) {
                return;
            }
        }
        throw new IOException(
                "the process ended after %d ms before it was ready: %s"
                        .formatted(
                                (System.nanoTime() - start) / 1_000_000, Files.readString(errors)));
    }

    private void hear(String line) {
        if (line.startsWith("try\t")) {
            trying = parse(line);
        } else if (line.startsWith("now\t")) {
            promised = parse(line);
            trying = null;
        } else if (line.equals("done") && trying != null) {
            promised = trying;
            trying = null;
        }
    }

    private static SortedMap<String, String> parse(String line) {
        var map = new TreeMap<String, String>();
        for (String entry : line.substring(4).split("\t", -1)) {
            if (!entry.isEmpty()) {
                int equals = entry.indexOf('=');
                map.put(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        return map;
    }

    /// Kills it, or waits for its end, and hears all that it said.
    ///
    /// @return its exit code
    int end(boolean kill) throws IOException, InterruptedException {
        if (kill) {
            process.toHandle().destroyForcibly(); // what it said can still be read
        }
        for (String line; (line = said.readLine()) != null; ) {
            hear(line);
        }
        if (!process.waitFor(START.toSeconds(), TimeUnit.SECONDS)) {
            throw new IOException("process " + process.pid() + " does not end");
        }
        return process.exitValue();
    }

    /// What is promised for certain, but for what it was just doing.
    SortedMap<String, String> promised() {
        return promised;
    }

    /// What would have been promised next; null = nothing was being changed.
    @Nullable SortedMap<String, String> trying() {
        return trying;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /// Makes the home, and what processes need besides.
    static void prepare(Path temp) throws IOException {
        TestHome.open(temp.resolve("home"));
        int i = 0;
        for (var visitor : RandomLife.visitors(TestHome.open(temp.resolve("away")))) {
            Path folder = Files.createDirectory(temp.resolve("visitor-" + i++));
            Files.writeString(folder.resolve("id"), visitor.id());
            Files.write(folder.resolve("archive"), visitor.bytes());
            Files.write(folder.resolve("memory"), visitor.content().memory().bytes());
            Files.write(folder.resolve("disk"), visitor.content().disk().bytes());
        }
    }

    /// Removes the library for compression that each process unpacks for itself.
    static void cleanUp(Path temp) throws IOException {
        for (Path file : Leftovers.entries(temp)) {
            if (String.valueOf(file.getFileName()).startsWith("libzstd")) {
                Files.delete(file);
            }
        }
    }

    private static List<World.Travelling> visitors(Path temp) throws IOException {
        var visitors = new ArrayList<World.Travelling>();
        for (int i = 0; Files.exists(temp.resolve("visitor-" + i)); i++) {
            Path folder = temp.resolve("visitor-" + i);
            visitors.add(
                    World.Travelling.of(
                            Files.readString(folder.resolve("id")),
                            new World.Held(
                                    Content.merged(List.of(folder.resolve("memory"))),
                                    Content.merged(List.of(folder.resolve("disk")))),
                            Files.readAllBytes(folder.resolve("archive"))));
        }
        return visitors;
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private static String print(String word, Map<String, String> promised) {
        return word
                + "\t"
                + promised.entrySet().stream()
                        .map(each -> each.getKey() + "=" + each.getValue())
                        .collect(Collectors.joining("\t"));
    }

    public static void main(String[] args) throws IOException {
        Path temp = Path.of(args[0]);
        String prefix = args[1];
        long end = System.nanoTime() + Duration.ofMillis(Long.parseLong(args[3])).toNanos();
        var test = TestHome.open(temp.resolve("home"));
        for (String sandbox : new Catalogue(test.home).sandboxNames()) {
            if (sandbox.startsWith(prefix)) {
                test.remove(sandbox);
            }
        }
        var world =
                new World(
                        test,
                        new World.Journal() {
                            @Override
                            public void trying(SortedMap<String, String> after) {
                                say(print("try", after));
                            }

                            @Override
                            public void done() {
                                say("done");
                            }
                        });
        world.adopt(prefix);
        say(print("now", world.promised()));
        var life =
                new RandomLife(world, new Random(Long.parseLong(args[2])), prefix, visitors(temp));
        say("ready");
        while (System.nanoTime() < end || world.promised().isEmpty()) {
            life.step();
            world.assertRight(prefix);
        }
        world.sandboxes().forEach(world::remove);
        say(print("now", world.promised()));
    }
}
