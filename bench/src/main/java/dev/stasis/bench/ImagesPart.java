package dev.stasis.bench;

import dev.stasis.ImageProgress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Pulling an image of a Debian from a registry on this computer, and making a root file system of
/// it.
final class ImagesPart {
    private static final int PULLS = 3;
    private static final int QUICK_PULLS = 1;
    private static final int LONGEST_SECONDS = 120;
    private static final double NANOS_OF_A_SECOND = 1e9;

    private final Run run;
    private final @Nullable Path root;

    /// @param root the root file system, in a tar file; null when there is none
    ImagesPart(Run run, @Nullable Path root) {
        this.run = run;
        this.root = root;
    }

    void measure() throws IOException {
        if (root == null) {
            run.note(
                    "images are not measured: docker-registry, skopeo, umoci or mmdebstrap is missing");
            return;
        }
        int port = freePort();
        var folder = Files.createDirectory(run.workplace().file("registry"));
        var registry = start(folder, port);
        try {
            String name = "127.0.0.1:" + port + "/debian:1";
            push(folder, root, name);
            int pulls = run.settings().extent().isQuick() ? QUICK_PULLS : PULLS;
            for (int i = 0; i < pulls; i++) {
                pull(name, Files.size(root) / StasisArm.MEBIBYTE);
            }
        } finally {
            registry.destroyForcibly().onExit().join();
        }
    }

    private void pull(String name, double unpacked) {
        var images = run.stasis().stasis().images();
        var moment = new Moment();
        long start = System.nanoTime();
        var image = images.pull(name, p -> p.plainHttp().progress(moment::notice));
        long end = System.nanoTime();
        double layers = image.sourceBytes().bytes() / StasisArm.MEBIBYTE;
        add(Metric.IMAGE_PULL, layers / seconds(start, moment.fetched));
        add(Metric.IMAGE_BUILD, unpacked / seconds(moment.fetched, end));
        add(Metric.IMAGE_WHOLE, seconds(start, end) * 1000);
        add(Metric.IMAGE_LAYERS, layers);
        add(Metric.IMAGE_DISK, image.bytes().bytes() / StasisArm.MEBIBYTE);
        images.remove(name);
    }

    /// When the last layer was there.
    private static final class Moment {
        private volatile long fetched = System.nanoTime();

        void notice(ImageProgress now) {
            if (now.step() == ImageProgress.Step.FETCHED) {
                fetched = System.nanoTime();
            }
        }
    }

    private static double seconds(long from, long to) {
        return (to - from) / NANOS_OF_A_SECOND;
    }

    private void add(Metric metric, double value) {
        run.samples().add(Series.of(metric, Arm.COLD), value);
    }

    /// As a registry has it: one layer, compressed by gzip as usual.
    private static void push(Path folder, Path root, String name) throws IOException {
        run(folder, "umoci", "init", "--layout", "oci");
        run(folder, "umoci", "new", "--image", "oci:1");
        run(folder, "umoci", "raw", "add-layer", "--image", "oci:1", root.toString());
        run(
                folder,
                "skopeo",
                "copy",
                "--quiet",
                "--dest-tls-verify=false",
                "oci:oci:1",
                "docker://" + name);
    }

    private static int freePort() throws IOException {
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private static Process start(Path folder, int port) throws IOException {
        Files.writeString(
                folder.resolve("config.yml"),
                """
                version: 0.1
                log: {level: error, accesslog: {disabled: true}}
                storage: {filesystem: {rootdirectory: data}}
                http: {addr: 127.0.0.1:%d}
                """
                        .formatted(port));
        var registry = builder(folder, "docker-registry", "serve", "config.yml").start();
        var time = Run.atMost(Duration.ofSeconds(LONGEST_SECONDS));
        while (!answers(port)) {
            if (time.isUp() || !registry.isAlive()) {
                registry.destroyForcibly();
                throw new IOException("docker-registry does not answer");
            }
            Thread.onSpinWait();
        }
        return registry;
    }

    private static boolean answers(int port) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static ProcessBuilder builder(Path folder, String... command) {
        var builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()));
        builder.environment().put("HOME", folder.toString());
        return builder;
    }

    private static void run(Path folder, String... command) throws IOException {
        var process = builder(folder, command).start();
        try {
            if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException(
                        List.of(command) + " failed: " + Files.readString(folder.resolve("log")));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + command[0] + " works", e);
        }
    }
}
