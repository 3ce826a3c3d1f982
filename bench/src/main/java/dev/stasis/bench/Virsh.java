package dev.stasis.bench;

import dev.stasis.linux.Users;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A libvirt of its own: one `virsh` that has libvirt's driver for QEMU in itself and keeps all of
/// its state in one folder. No daemon takes part, nothing needs root, and the user's libvirt is not
/// touched.
final class Virsh implements AutoCloseable {
    private static final String HELP =
            ". On Debian, 'apt-get install --no-install-recommends libvirt-daemon libvirt-clients'"
                    + " brings what it takes.";

    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration LONGEST = PlainQemu.LONGEST;
    private static final int END_SECONDS = 20;
    private static final int CHUNK = 8192;

    /// libvirt leaves the machines that it starts to init, and waits until they have ended. Not
    /// every init notices that at once; this parent takes its place, and ends what is left when
    /// virsh has ended, for whatever reason. 36 is PR_SET_CHILD_SUBREAPER.
    private static final String PARENT =
            """
            syscall(0 + shift, 36, 1, 0, 0, 0) == 0 or die "prctl: $!";
            my $child = fork // die "fork: $!";
            $child or exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!";
            my $ended;
            do { $ended = wait } until $ended == $child or $ended < 0;
            open my $left, '<', "/proc/$$/task/$$/children" or exit;
            kill 'KILL', split ' ', <$left> // '';
            """;

    /// No daemon that keeps logs, and no profiles that only an installed libvirt has.
    private static final String CONFIGURATION =
            """
            stdio_handler = "file"
            security_driver = "none"
            """;

    private final Path folder;
    private final Process process;
    private final BlockingQueue<String> said = new LinkedBlockingQueue<>(); // empty: the end
    private String version = "";
    private int runs;

    private Virsh(Path folder, Process process) {
        this.folder = folder;
        this.process = process;
        Thread.ofPlatform().daemon().name("virsh").start(this::listen);
    }

    /// Starts one for a run; null where there is no libvirt, which the report says then.
    static @Nullable Virsh find(Run run) {
        try {
            var virsh = start(run.workplace().newRunFolder());
            run.software().put("libvirt", virsh.version);
            return virsh;
        } catch (IOException e) {
            run.note("libvirt's save and restore are not measured: " + e.getMessage() + HELP);
            return null;
        }
    }

    /// Starts one.
    ///
    /// @param folder an empty folder with a short path, for all that it keeps
    static Virsh start(Path folder) throws IOException {
        Files.createDirectory(folder.resolve("etc"));
        Files.writeString(folder.resolve("etc/qemu.conf"), CONFIGURATION);
        var builder = new ProcessBuilder(command(folder)).redirectErrorStream(true);
        for (var home : List.of("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")) {
            builder.environment().put(home, folder.toString());
        }
        builder.environment().put("LC_ALL", "C");
        builder.environment().put("LIBVIRT_LOG_OUTPUTS", "3:file:" + folder.resolve("log.txt"));
        var virsh = new Virsh(folder, builder.start());
        boolean started = false;
        try {
            virsh.version =
                    virsh.run(START, "version")
                            .lines()
                            .filter(line -> line.startsWith("Using library: "))
                            .map(line -> line.substring("Using library: ".length()))
                            .findFirst()
                            .orElse("libvirt");
            started = true;
            return virsh;
        } finally {
            if (!started) {
                virsh.close();
            }
        }
    }

    private static List<String> command(Path folder) {
        var prctl = System.getProperty("os.arch").equals("aarch64") ? "167" : "157";
        var command = new ArrayList<>(List.of("perl", "-e", PARENT, prctl));
        if (Users.effectiveUid() == 0) {
            // As root, libvirt would be the one of the whole computer.
            command.addAll(
                    List.of("unshare", "--user", "--map-user=65534", "--map-group=65534", "--"));
        }
        command.addAll(List.of("virsh", "--quiet", "--connect", "qemu:///embed?root=" + folder));
        return command;
    }

    /// The process number of a domain's QEMU.
    long pid(String domain) throws IOException {
        var file = folder.resolve("run/qemu/" + domain + ".pid");
        return Long.parseLong(Files.readString(file).strip());
    }

    /// What a domain's QEMU has said.
    Path log(String domain) {
        return folder.resolve("log/qemu/" + domain + ".log");
    }

    /// Runs a command of virsh.
    ///
    /// @return what it said
    String run(String... words) throws IOException {
        return run(LONGEST, words);
    }

    private String run(Duration longest, String... words) throws IOException {
        runs++;
        var line = new StringBuilder();
        for (var word : words) {
            line.append('\'').append(word.replace("'", "'\\''")).append("' ");
        }
        var end = "end-of-" + runs;
        try {
            var input = process.outputWriter(StandardCharsets.UTF_8);
            input.write(line + "\necho " + end + "\n");
            input.flush();
        } catch (IOException e) {
            // It has ended, and what it said says why.
        }
        var answer = await("\n" + end, longest, String.join(" ", words));
        if (answer.contains("error: ")) {
            throw new IOException(
                    "virsh %s: %s"
                            .formatted(
                                    String.join(" ", words),
                                    answer.substring(answer.indexOf("error: ")).strip()));
        }
        return answer;
    }

    private String await(String end, Duration longest, String what) throws IOException {
        var answer = new StringBuilder();
        long deadline = System.nanoTime() + longest.toNanos();
        try {
            while (answer.indexOf(end) < 0) {
                var more = said.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (more == null) {
                    throw new IOException(
                            "virsh %s has not ended in %d s, and said: %s"
                                    .formatted(what, longest.toSeconds(), answer));
                }
                if (more.isEmpty()) {
                    throw new IOException("virsh ended and said: " + answer.toString().strip());
                }
                answer.append(more);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while virsh does " + what, e);
        }
        return answer.substring(0, answer.indexOf(end) + 1);
    }

    /// Takes what virsh says, so that it can always say it.
    private void listen() {
        try (Reader reader =
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)) {
            var chunk = new char[CHUNK];
            for (int count; (count = reader.read(chunk)) > 0; ) {
                said.add(new String(chunk, 0, count));
            }
        } catch (IOException e) {
            said.add("its output can't be read: " + e);
        }
        said.add("");
    }

    /// Ends it and what it has started.
    @Override
    public void close() throws IOException {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // It has ended already.
        }
        var started = process.descendants().toList();
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                started.forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new IOException("virsh has not ended in " + END_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while virsh ends", e);
        }
    }
}
