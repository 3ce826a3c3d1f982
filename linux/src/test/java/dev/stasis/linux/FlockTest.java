package dev.stasis.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.linux.Flock.Mode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlockTest {
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final Duration SHORT = Duration.ofMillis(20);

    @TempDir Path folder;
    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("lock");
    }

    @Test
    void anExclusiveLockKeepsOutEverybodyInThisProcessToo() throws Exception {
        try (var held = Flock.tryLock(file, Mode.EXCLUSIVE).orElseThrow()) {
            assertThat(held).isNotNull();
            assertThat(Flock.tryLock(file, Mode.EXCLUSIVE)).isEmpty();
            assertThat(Flock.tryLock(file, Mode.SHARED)).isEmpty();
            assertThat(Flock.isHeld(file)).isTrue();
        }
        assertThat(Flock.isHeld(file)).isFalse();
        Flock.tryLock(file, Mode.EXCLUSIVE).orElseThrow().close();
    }

    @Test
    void sharedLocksGoTogether() throws Exception {
        try (var one = Flock.tryLock(file, Mode.SHARED).orElseThrow();
                var two = Flock.tryLock(file, Mode.SHARED).orElseThrow()) {
            assertThat(one).isNotSameAs(two);
            assertThat(Flock.tryLock(file, Mode.EXCLUSIVE)).isEmpty();
            assertThat(Flock.isHeld(file)).isFalse();
        }
    }

    @Test
    void waitingEndsWhenTheLockIsGivenBack() throws Exception {
        var held = Flock.tryLock(file, Mode.EXCLUSIVE).orElseThrow();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var waiting = threads.submit(() -> Flock.lock(file, Mode.EXCLUSIVE, LONG));
            held.close();
            waiting.get().orElseThrow().close();
        }
    }

    @Test
    void waitingEndsAtTheDeadline() throws Exception {
        try (var held = Flock.tryLock(file, Mode.EXCLUSIVE).orElseThrow()) {
            assertThat(held).isNotNull();
            assertThat(Flock.lock(file, Mode.SHARED, SHORT)).isEmpty();
            assertThat(Flock.awaitFree(file, SHORT)).isFalse();
        }
        assertThat(Flock.awaitFree(file, SHORT)).isTrue();
    }

    @Test
    void aLockOfAnotherProcessIsSeenAndEndsWithIt() throws Exception {
        var other =
                new ProcessBuilder("flock", "-x", file.toString(), "sh", "-c", "echo held; cat")
                        .start();
        assertThat(other.inputReader().readLine()).isEqualTo("held");
        assertThat(Flock.tryLock(file, Mode.SHARED)).isEmpty();

        other.outputWriter().close();

        Flock.lock(file, Mode.EXCLUSIVE, LONG).orElseThrow().close();
        assertThat(other.waitFor()).isZero();
    }

    @Test
    void aFileThatWasReplacedMeanwhileIsNotTakenForTheNewOne() throws Exception {
        var old = Flock.tryLock(file, Mode.EXCLUSIVE).orElseThrow();
        Files.delete(file);
        try (var anew = Flock.tryLock(file, Mode.EXCLUSIVE).orElseThrow()) {
            old.close();
            assertThat(anew).isNotNull();
            assertThat(Flock.isHeld(file)).isTrue();
        }
    }

    @Test
    void manyThreadsTakeTurns() throws Exception {
        var counter = new int[1];
        Callable<Void> turn =
                () -> {
                    try (var held = Flock.lock(file, Mode.EXCLUSIVE, LONG).orElseThrow()) {
                        assertThat(held).isNotNull();
                        counter[0]++;
                    }
                    return null;
                };
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var done : threads.invokeAll(Collections.nCopies(40, turn))) {
                done.get();
            }
        }
        assertThat(counter[0]).isEqualTo(40);
    }

    @Test
    void askingCreatesNothingAndAMissingFolderIsNamed() throws Exception {
        assertThat(Flock.isHeld(file)).isFalse();
        assertThat(file).doesNotExist();
        assertThatThrownBy(() -> Flock.tryLock(folder.resolve("no/lock"), Mode.SHARED))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("no/lock");
    }

    @Test
    void aFailedCallNamesItselfThePathAndTheError() {
        assertThatThrownBy(() -> Flock.tryLock(folder, Mode.SHARED))
                .isInstanceOf(SystemCallException.class)
                .hasMessage("open " + folder + ": EISDIR");
    }

    @Test
    void noDescriptorIsLeft() throws Exception {
        for (int i = 0; i < 10; i++) {
            try (var held = Flock.tryLock(file, Mode.EXCLUSIVE).orElseThrow()) {
                assertThat(Flock.tryLock(file, Mode.SHARED)).isEmpty();
                assertThat(held).isNotNull();
                assertThat(descriptors()).isEqualTo(1);
            }
        }
        assertThat(descriptors()).isZero();
    }

    /// Those of the file; what else the JVM opens and closes meanwhile, nobody knows.
    private long descriptors() throws Exception {
        long count = 0;
        try (var links = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path link : links) {
                try {
                    count += Files.readSymbolicLink(link).equals(file.toRealPath()) ? 1 : 0;
                } catch (NoSuchFileException e) {
                    // It was closed in between.
                }
            }
        }
        return count;
    }
}
