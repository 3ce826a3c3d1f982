package dev.stasis.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Layers that QEMU's own tools wrote, folded by us and read by them.
class Qcow2FoldTest {
    private static final ByteSize SIZE = ByteSize.parse("1100M");
    private static final int SIZE_MIB = 1100;

    @TempDir Path folder;
    private final List<Path> layers = new ArrayList<>(); // the lowest first

    @BeforeEach
    void makeABase() throws IOException {
        var base = folder.resolve("l0.qcow2");
        img("create", "-q", "-f", "qcow2", base.toString(), SIZE_MIB + "M");
        layers.add(base);
        io(base, List.of("write -P 0x11 0 20M", "write -P 0x12 1000M 3M"));
    }

    @Test
    void aFoldShowsWhatItsLayersShowed() throws Exception {
        var random = new Random(11);
        for (int i = 1; i <= 6; i++) {
            layer(SIZE, random);
        }
        for (int top = 2; top <= 6; top++) {
            for (int bottom : new int[] {1, top - 1}) {
                assertFoldIsRight(top, bottom);
            }
        }
    }

    @Test
    void aFoldOfLayersOfADiskThatGrewShowsZerosWhereThereWasNoDisk() throws Exception {
        layer(SIZE, new Random(1));
        layer(ByteSize.parse("1200M"), new Random(2));
        layer(ByteSize.parse("2G"), new Random(3));
        io(layers.get(3), List.of("write -P 0x77 1900M 1M"));
        assertFoldIsRight(3, 1);
        assertFoldIsRight(3, 2);
    }

    @Test
    void whatTheUpperLayerCoversIsCountedOnce() throws Exception {
        for (int i = 1; i <= 4; i++) {
            overlay(SIZE);
            io(layers.getLast(), List.of("write -P 0x2" + i + " 5M 2M"));
        }
        try (var fold = Qcow2Fold.open(layers.subList(1, 5).reversed())) {
            assertThat(fold.bytesBefore()).isEqualTo(8 << 20);
            assertThat(fold.bytes()).isEqualTo(2 << 20);
            assertThat(fold.backingName()).isEqualTo("l0.qcow2");
        }
    }

    @Test
    void whatIsNoLayerOfOursIsRefusedWhateverItSays() throws Exception {
        layer(SIZE, new Random(4));
        var file = layers.getLast();
        var whole = Files.readAllBytes(file);
        var random = new Random(5);
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            var damaged = whole.clone();
            int at = random.nextInt(i % 2 == 0 ? 104 : 4 * 65536);
            damaged[at] = (byte) random.nextInt(256);
            Files.write(file, damaged);
            refused += isRefused(file) ? 1 : 0;
        }
        assertThat(refused).isPositive();
        for (int length : new int[] {0, 50, 103, 104, 65536, 70000}) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThat(isRefused(file)).as("length " + length).isTrue();
        }
        Files.write(file, whole);
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(8).putLong(0, 16), 72); // extended L2 entries
        }
        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(() -> Qcow2Fold.open(List.of(file)))
                .withMessageContaining("features");
    }

    /// Nothing but a refusal may come of a damaged file.
    private static boolean isRefused(Path file) throws IOException {
        try (var fold = Qcow2Fold.open(List.of(file, file))) {
            fold.bytes();
            return false;
        } catch (StasisException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.STORE_DAMAGED);
            return true;
        }
    }

    private void assertFoldIsRight(int top, int bottom) throws Exception {
        var folded = folder.resolve("folded.qcow2");
        try (var fold = Qcow2Fold.open(layers.subList(bottom, top + 1).reversed())) {
            fold.writeTo(folded, fold.backingName());
        }
        assertThat(img("check", folded.toString())).contains("No errors were found");
        assertThat(img("compare", folded.toString(), layers.get(top).toString()))
                .as("layers %d to %d", bottom, top)
                .contains("Images are identical");
        Files.delete(folded);
    }

    private void overlay(ByteSize size) throws IOException {
        var below = layers.getLast().getFileName().toString();
        var file = folder.resolve("l" + layers.size() + ".qcow2");
        Qcow2Overlay.create(file, below, size);
        layers.add(file);
    }

    /// A layer in which some of everything is written.
    private void layer(ByteSize size, Random random) throws IOException {
        overlay(size);
        var commands = new ArrayList<String>();
        for (int i = 0; i < 6; i++) {
            int at = random.nextInt(3) == 0 ? 990 + random.nextInt(20) : random.nextInt(24);
            int kib = random.nextInt(16) * 60;
            var range = at + "M " + (4 + kib) + "k";
            commands.add(
                    switch (random.nextInt(4)) {
                        case 0 -> "write -z -u " + range;
                        case 1 -> "discard " + range;
                        default -> "write -P " + (1 + random.nextInt(200)) + " " + range;
                    });
        }
        commands.add("write -P 0 30M 1M"); // zeros that are written out
        io(layers.getLast(), commands);
    }

    private static String img(String... arguments) throws IOException {
        return TestTools.run(Stream.concat(Stream.of("qemu-img"), Stream.of(arguments)).toList());
    }

    private static void io(Path file, List<String> commands) throws IOException {
        var call = new ArrayList<>(List.of("qemu-io", "-d", "unmap", "-f", "qcow2"));
        commands.forEach(command -> call.addAll(List.of("-c", command)));
        call.add(file.toString());
        assertThat(TestTools.run(call)).doesNotContain("failed").doesNotContain("can't");
    }
}
