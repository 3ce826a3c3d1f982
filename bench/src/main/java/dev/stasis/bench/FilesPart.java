package dev.stasis.bench;

import dev.stasis.Sandbox;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/// Files into a sandbox and out of it: one large one as a stream, and a tree of many small ones.
final class FilesPart {
    /// How many files the tree has.
    static final int TREE_FILES = 20_000;

    private static final int LARGE_BYTES = 64 << 20;
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int FOLDERS = 200;
    private static final int SMALL_BYTES = 1000;
    private static final double NANOS_OF_A_SECOND = 1e9;
    private static final double NANOS_OF_A_MILLISECOND = 1e6;
    private static final String LARGE = "/large";

    private final Run run;

    FilesPart(Run run) {
        this.run = run;
    }

    void measure() throws IOException {
        Path tree = run.workplace().file("tree");
        make(tree);
        try (var sandbox = run.stasis().create("files", run.settings().extent().main().memory())) {
            for (int i = 0; i < run.settings().extent().sources(); i++) {
                write(sandbox);
                read(sandbox);
                trees(sandbox, tree);
            }
        }
        delete(tree);
    }

    private static void make(Path tree) throws IOException {
        var random = new Random(1);
        var bytes = new byte[SMALL_BYTES];
        for (int folder = 0; folder < FOLDERS; folder++) {
            Path in = Files.createDirectories(tree.resolve("folder-" + folder));
            for (int file = 0; file < TREE_FILES / FOLDERS; file++) {
                random.nextBytes(bytes);
                Files.write(in.resolve("file-" + file), bytes);
            }
        }
    }

    private void write(Sandbox sandbox) throws IOException {
        var chunk = new byte[CHUNK_BYTES];
        new Random(2).nextBytes(chunk);
        long start = System.nanoTime();
        try (OutputStream out = sandbox.files().openWrite(LARGE)) {
            for (int at = 0; at < LARGE_BYTES; at += CHUNK_BYTES) {
                out.write(chunk);
            }
        }
        rate(Metric.FILE_WRITE, start);
    }

    private void read(Sandbox sandbox) throws IOException {
        var chunk = new byte[CHUNK_BYTES];
        long start = System.nanoTime();
        long total = 0;
        try (InputStream in = sandbox.files().openRead(LARGE)) {
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                total += n;
            }
        }
        if (total != LARGE_BYTES) {
            throw new IOException("read " + total + " bytes of " + LARGE_BYTES);
        }
        rate(Metric.FILE_READ, start);
    }

    private void rate(Metric metric, long start) {
        double seconds = (System.nanoTime() - start) / NANOS_OF_A_SECOND;
        run.samples().add(Series.of(metric, Arm.COLD), LARGE_BYTES / StasisArm.MEBIBYTE / seconds);
    }

    private void trees(Sandbox sandbox, Path tree) throws IOException {
        Path back = run.workplace().file("back");
        long start = System.nanoTime();
        sandbox.files().copyIn(tree, "/tree");
        time(Metric.TREE_IN, start);
        start = System.nanoTime();
        sandbox.files().copyOut("/tree", back);
        time(Metric.TREE_OUT, start);
        sandbox.files().removeAll("/tree");
        delete(back);
    }

    private void time(Metric metric, long start) {
        run.samples()
                .add(
                        Series.of(metric, Arm.COLD),
                        (System.nanoTime() - start) / NANOS_OF_A_MILLISECOND);
    }

    private static void delete(Path tree) throws IOException {
        Files.walkFileTree(tree, new Workplace.Deletion());
    }
}
