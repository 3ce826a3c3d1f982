package dev.stasis.cli;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.ImageConfig;
import dev.stasis.ImageInfo;
import dev.stasis.ImageProgress;
import dev.stasis.Images;
import dev.stasis.PullBuilder;
import dev.stasis.PullSettings;
import dev.stasis.StasisException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Images that are names only.
final class FakeImages implements Images {
    private final FakeStasis stasis;
    final List<ImageInfo> all = new ArrayList<>();

    /// How the last pull or login was asked for.
    @Nullable PullSettings asked;

    FakeImages(FakeStasis stasis) {
        this.stasis = stasis;
    }

    static ImageInfo image(String name, String... users) {
        var config =
                new ImageConfig(
                        List.of("/entry"),
                        List.of("serve", "now"),
                        Map.of("LANG", "C"),
                        "1000",
                        "/srv",
                        "SIGINT",
                        List.of("80/tcp"),
                        Map.of("maker", "x\u001b[31my"));
        return new ImageInfo(
                "%064x".formatted(name.hashCode()),
                name.isEmpty() ? List.of() : List.of(name),
                "registry/" + name,
                Instant.parse("2026-01-31T12:00:00Z"),
                ByteSize.ofMebibytes(30),
                ByteSize.ofMebibytes(25),
                List.of(users),
                config);
    }

    @Override
    public ImageInfo pull(String name, Consumer<PullBuilder> settings) {
        var builder = new PullBuilder();
        settings.accept(builder);
        asked = builder.build();
        stasis.enter("pull " + name);
        tell(asked.progress());
        var image = image(name);
        all.add(image);
        return image;
    }

    private static void tell(Consumer<ImageProgress> progress) {
        progress.accept(new ImageProgress("aaaa", ImageProgress.Step.FETCHING, 1024, 4096));
        progress.accept(new ImageProgress("bbbb", ImageProgress.Step.FETCHED, 2048, 2048));
        progress.accept(new ImageProgress("", ImageProgress.Step.CHECKING, 1, 2));
        progress.accept(new ImageProgress("", ImageProgress.Step.BUILDING, 1, 2));
    }

    @Override
    public List<ImageInfo> load(Path file, Consumer<ImageProgress> progress) {
        stasis.enter("load " + file);
        tell(progress);
        return List.of(image("app"), image(""));
    }

    @Override
    public List<ImageInfo> load(InputStream in, Consumer<ImageProgress> progress) {
        try {
            stasis.enter("load '" + new String(in.readAllBytes(), StandardCharsets.UTF_8) + "'");
            return List.of(image("streamed"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void save(String image, OutputStream out) {
        stasis.enter("save " + image);
        try {
            out.write("archive".getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public List<ImageInfo> list() {
        return List.copyOf(all);
    }

    @Override
    public ImageInfo get(String image) {
        return all.stream()
                .filter(each -> each.names().contains(image))
                .findFirst()
                .orElseThrow(() ->
                        new StasisException(
                                ErrorCode.IMAGE_NOT_FOUND, "There is no image '" + image + "'"));
    }

    @Override
    public void remove(String image) {
        stasis.enter("remove " + image);
        all.remove(get(image));
    }

    @Override
    public List<ImageInfo> prune() {
        var unused = all.stream().filter(each -> each.users().isEmpty()).toList();
        all.removeAll(unused);
        return unused;
    }

    @Override
    public void login(
            String registry, String user, String password, Consumer<PullBuilder> settings) {
        var builder = new PullBuilder();
        settings.accept(builder);
        asked = builder.build();
        stasis.enter("login %s %s %s".formatted(registry, user, password));
    }

    @Override
    public void logout(String registry) {
        stasis.enter("logout " + registry);
    }
}
