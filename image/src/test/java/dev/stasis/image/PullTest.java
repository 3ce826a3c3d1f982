package dev.stasis.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.ImageProgress;
import dev.stasis.PullPolicy;
import dev.stasis.StasisException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Pulling from a registry that does as it should, if not at once.
class PullTest {
    private static final TestImage SMALL =
            TestImage.of(
                            TestTar.begin().file("base", "1"),
                            TestTar.begin().file("top", "2").file(".wh.base", ""))
                    .config(
                            "{\"Entrypoint\":[\"/e\"],\"Cmd\":[\"a\",\"b\"],\"Env\":[\"K=v=w\",\"bad\"],\"User\":\"5:6\",\"WorkingDir\":\"srv\",\"StopSignal\":\"SIGINT\",\"ExposedPorts\":{\"80/tcp\":{}},\"Labels\":{\"l\":\"x\"}}");

    @TempDir Path temp;
    private TestRegistry registry;
    private ImageStore images;
    private final List<ImageProgress> told = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void start() throws Exception {
        registry = TestRegistry.start();
        images = ImageStore.open(Files.createDirectory(temp.resolve("images")));
    }

    @AfterEach
    void stop() throws Exception {
        registry.close();
    }

    private ImageRecord pull(String name, PullPolicy policy) {
        return images.pull(
                registry.name(name),
                new ImageStore.Pull(
                        policy, TestRegistry.access(temp), Duration.ofMinutes(1), told::add));
    }

    private ImageRecord pull(String name) {
        return pull(name, PullPolicy.ALWAYS);
    }

    @Test
    void anImageIsPulledWithItsConfigurationAndKnownByItsManifest() throws Exception {
        registry.with(SMALL, "team/app", "1");
        var image = pull("team/app:1");

        assertThat(image.digest()).isEqualTo(SMALL.digest());
        assertThat(Squashfs.describe(image.root())).containsExactly("file top 0644 0 0");
        assertThat(image.config().entrypoint()).containsExactly("/e");
        assertThat(image.config().cmd()).containsExactly("a", "b");
        assertThat(image.config().env()).containsExactly(java.util.Map.entry("K", "v=w"));
        assertThat(image.config().user()).isEqualTo("5:6");
        assertThat(image.config().workingDir()).isEqualTo("/srv");
        assertThat(image.config().stopSignal()).isEqualTo("SIGINT");
        assertThat(image.config().exposedPorts()).containsExactly("80/tcp");
        assertThat(image.sourceBytes().bytes())
                .isEqualTo(SMALL.layers.stream().mapToLong(l -> l.packed().length).sum());
        assertThat(images.names()).containsEntry(registry.host() + "/team/app:1", SMALL.digest());
        assertThat(pull("team/app@sha256:" + SMALL.digest()).digest()).isEqualTo(SMALL.digest());
        try (var blobs = Files.list(temp.resolve("images/.blobs"))) {
            assertThat(blobs.map(f -> f.getFileName().toString())).containsExactly("in-use");
        }
    }

    @Test
    void theImageOfThisComputerIsTakenFromAnIndex() {
        registry.with(SMALL, "app", "1");
        registry.put("app", "manifests/all", TestRegistry.ok(SMALL.index()));
        assertThat(pull("app:all").digest()).isEqualTo(SMALL.digest());
    }

    @Test
    void thePolicySaysWhenTheRegistryIsAsked() {
        assertThatThrownBy(() -> pull("app:1", PullPolicy.NEVER))
                .hasMessageContaining("was not to be asked");
        registry.with(SMALL, "app", "1");
        pull("app:1", PullPolicy.IF_MISSING);
        int asked = registry.requests.size();
        assertThat(pull("app:1", PullPolicy.IF_MISSING).digest()).isEqualTo(SMALL.digest());
        assertThat(pull("app:1", PullPolicy.NEVER).digest()).isEqualTo(SMALL.digest());
        assertThat(registry.requests).hasSize(asked);

        var other = TestImage.of(TestTar.begin().file("other", ""));
        registry.with(other, "app", "1");
        assertThat(pull("app:1", PullPolicy.ALWAYS).digest()).isEqualTo(other.digest());
        assertThat(images.find(SMALL.digest())).isPresent();
        assertThat(images.names()).containsEntry(registry.host() + "/app:1", other.digest());
    }

    @Test
    void aLayerThatComesTwiceIsFetchedOnce() throws Exception {
        var layer = TestTar.begin().file("f", "");
        var image = TestImage.of(layer, layer);
        registry.with(image, "app", "1");
        pull("app:1");
        assertThat(registry.requestsFor(image.layers.getFirst().digest())).hasSize(1);
    }

    @Test
    void whatEndsInTheMiddleGoesOnWhereItStood() {
        var image = TestImage.large(1, 300_000);
        registry.with(image, "app", "1");
        byte[] blob = image.layers.getFirst().packed();
        var tries = new AtomicInteger();
        registry.put(
                "app",
                "blobs/sha256:" + image.layers.getFirst().digest(),
                (request, out) -> {
                    if (tries.incrementAndGet() > 2) {
                        TestRegistry.ok(blob).send(request, out);
                        return;
                    }
                    int from = TestRegistry.from(request);
                    TestRegistry.head(
                            out,
                            from > 0 ? 206 : 200,
                            "Content-Length: " + (blob.length - from),
                            "Content-Range: bytes %d-%d/%d"
                                    .formatted(from, blob.length - 1, blob.length));
                    out.write(blob, from, 100_000);
                });

        pull("app:1");
        var ranges =
                registry.requestsFor(image.layers.getFirst().digest()).stream()
                        .map(TestRegistry::from)
                        .toList();
        assertThat(ranges).hasSize(3).startsWith(0).isSorted();
        assertThat(ranges.getLast()).isGreaterThan(100_000);
    }

    @Test
    void aRegistryThatKnowsNoRangesBeginsAgain() {
        var image = TestImage.large(1, 300_000);
        registry.with(image, "app", "1");
        byte[] blob = image.layers.getFirst().packed();
        var tries = new AtomicInteger();
        registry.put(
                "app",
                "blobs/sha256:" + image.layers.getFirst().digest(),
                (_, out) -> {
                    TestRegistry.head(out, 200, "Content-Length: " + blob.length);
                    out.write(blob, 0, tries.incrementAndGet() == 1 ? 100_000 : blob.length);
                });
        pull("app:1");
        assertThat(tries).hasValue(2);
    }

    @Test
    void whatAnotherPullFetchedBeforeItFailedIsNotFetchedAgain() throws Exception {
        var image = TestImage.large(2, 200_000);
        registry.with(image, "app", "1");
        String first = image.layers.getFirst().digest();
        String second = image.layers.get(1).digest();
        byte[] blob = image.layers.get(1).packed();
        var oneIsThere = new CountDownLatch(1);
        registry.put(
                "app",
                "blobs/sha256:" + second,
                (_, out) -> {
                    try {
                        oneIsThere.await(30, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    TestRegistry.head(out, 200, "Content-Length: " + blob.length);
                    out.write(blob, 0, 100_000);
                    out.flush();
                    registry.put("app", "blobs/sha256:" + second, TestRegistry.status(404));
                });
        assertThatThrownBy(() ->
                        images.pull(
                                registry.name("app:1"),
                                new ImageStore.Pull(
                                        PullPolicy.ALWAYS,
                                        TestRegistry.access(temp),
                                        Duration.ofMinutes(1),
                                        at -> {
                                            if (at.step() == ImageProgress.Step.FETCHED) {
                                                oneIsThere.countDown();
                                            }
                                        })))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_NOT_FOUND));
        assertThat(images.list()).isEmpty();

        registry.requests.clear();
        registry.put("app", "blobs/sha256:" + second, TestRegistry.ok(blob));
        assertThat(
                        images.pull(
                                        registry.name("app:1"),
                                        new ImageStore.Pull(
                                                PullPolicy.ALWAYS,
                                                TestRegistry.access(temp),
                                                Duration.ofMinutes(1),
                                                _ -> {}))
                                .digest())
                .isEqualTo(image.digest());
        assertThat(registry.requestsFor(first)).isEmpty();
        assertThat(TestRegistry.from(registry.requestsFor(second).getFirst())).isPositive();
    }

    @Test
    void aRegistryThatIsBusyIsAskedAgain() {
        registry.with(SMALL, "app", "1");
        var tries = new AtomicInteger();
        registry.put(
                "app",
                "manifests/1",
                (request, out) ->
                        (switch (tries.incrementAndGet()) {
                                    case 1 -> TestRegistry.status(503);
                                    case 2 -> TestRegistry.status(429, "Retry-After: 1");
                                    default -> TestRegistry.ok(SMALL.manifest());
                                })
                                .send(request, out));
        assertThat(pull("app:1").digest()).isEqualTo(SMALL.digest());
        assertThat(tries).hasValue(3);
    }

    @Test
    void manyPullsOfTheSameImageFetchAndMakeItOnce() throws Exception {
        var image = TestImage.large(3, 100_000);
        registry.with(image, "app", "1");
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<String> pulling = () -> pull("app:1").digest();
            for (var one : threads.invokeAll(Collections.nCopies(8, pulling))) {
                assertThat(one.get()).isEqualTo(image.digest());
            }
        }
        for (var layer : image.layers) {
            assertThat(registry.requestsFor(layer.digest())).hasSize(1);
        }
    }

    @Test
    void layersAreFetchedAtTheSameTimeAndEachTellsHowFarItIs() {
        var image = TestImage.large(3, 100_000);
        registry.with(image, "app", "1");
        var all = new CountDownLatch(3);
        for (var layer : image.layers) {
            registry.put(
                    "app",
                    "blobs/sha256:" + layer.digest(),
                    (request, out) -> {
                        all.countDown();
                        try {
                            if (!all.await(30, TimeUnit.SECONDS)) {
                                throw new AssertionError("one waits for the other");
                            }
                        } catch (InterruptedException e) {
                            throw new AssertionError(e);
                        }
                        TestRegistry.ok(layer.packed()).send(request, out);
                    });
        }
        pull("app:1");
        for (var layer : image.layers) {
            var of =
                    told.stream()
                            .filter(p ->
                                    layer.digest().startsWith(p.layer()) && !p.layer().isEmpty())
                            .toList();
            assertThat(of.getLast().step()).isEqualTo(ImageProgress.Step.FETCHED);
            assertThat(of).extracting(ImageProgress::doneBytes).isSorted();
            assertThat(of.getLast().doneBytes()).isEqualTo(layer.packed().length);
        }
        assertThat(
                        told.stream()
                                .filter(p -> p.layer().isEmpty())
                                .map(ImageProgress::step)
                                .distinct())
                .containsExactly(ImageProgress.Step.CHECKING, ImageProgress.Step.BUILDING);
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(50).toNanos();
        while (!condition.getAsBoolean() && System.nanoTime() < end) {
            LockSupport.parkNanos(5_000_000);
        }
    }

    @Test
    void aBlobThatWasDamagedHereIsFetchedAgainByTheNextPull() throws Exception {
        var image = TestImage.large(2, 100_000);
        registry.with(image, "app", "1");
        String second = image.layers.get(1).digest();
        var cached = temp.resolve("images/.blobs").resolve(image.layers.getFirst().digest());
        registry.put(
                "app",
                "blobs/sha256:" + second,
                (request, out) -> {
                    await(() -> Files.exists(cached));
                    TestRegistry.status(404).send(request, out);
                });
        assertThatThrownBy(() -> pull("app:1")).hasMessageContaining("is not there");
        byte[] content = Files.readAllBytes(cached);
        Arrays.fill(content, 1000, 2000, (byte) 7);
        Files.write(cached, content);

        registry.with(image, "app", "1");
        try {
            pull("app:1");
        } catch (StasisException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_INVALID);
        }
        assertThat(pull("app:1").digest()).isEqualTo(image.digest());
    }
}
