package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.ImageInfo;
import dev.stasis.ImageProgress;
import dev.stasis.Images;
import dev.stasis.PullBuilder;
import dev.stasis.PullSettings;
import dev.stasis.SandboxBuilder;
import dev.stasis.StasisException;
import dev.stasis.image.Credentials;
import dev.stasis.image.ImageRecord;
import dev.stasis.image.ImageReference;
import dev.stasis.image.RegistryLogin;
import dev.stasis.store.Home;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// The images of a home on this machine.
final class LocalImages implements Images {
    private static final Duration CONVERT = Duration.ofHours(1);
    private static final Duration LOCK = Duration.ofMinutes(1);

    private final Home home;
    private final Tools tools;
    private final ImageFinder finder;

    LocalImages(Home home, Tools tools) {
        this.home = home;
        this.tools = tools;
        this.finder = new ImageFinder(home, tools);
    }

    @Override
    public ImageInfo pull(String name, Consumer<PullBuilder> settings) {
        return info(finder.pull(name, built(settings), _ -> {}));
    }

    @Override
    public List<ImageInfo> load(Path file, Consumer<ImageProgress> progress) {
        return infos(finder.store().load(file, CONVERT, progress));
    }

    @Override
    public List<ImageInfo> load(InputStream in, Consumer<ImageProgress> progress) {
        return infos(finder.store().load(in, "standard input", CONVERT, progress));
    }

    @Override
    public void save(String image, OutputStream out) {
        var record = finder.record(finder.digest(image));
        try (var _ = finder.keep(record)) {
            finder.store().save(record, out, CONVERT);
        }
    }

    @Override
    public List<ImageInfo> list() {
        var all = new ArrayList<ImageRecord>();
        all.add(tools.builtinImage());
        all.addAll(finder.store().list());
        return infos(all);
    }

    @Override
    public ImageInfo get(String image) {
        return info(finder.record(finder.digest(image)));
    }

    @Override
    public void remove(String image) {
        try (var _ = finder.store().freeAll(LOCK)) {
            String digest = finder.digest(image);
            requireOwn(digest, image);
            var names = names(digest);
            boolean byName = finder.named(image).isPresent();
            if (byName && names.size() > 1) {
                finder.store().removeName(ImageReference.parse(image).full());
                return;
            }
            var users =
                    users(home.imagesFolder().resolve(digest).resolve("root.sqfs"), finder.uses());
            if (!users.isEmpty()) {
                throw new StasisException(
                        ErrorCode.IMAGE_IN_USE,
                        "Image %s is used by %s: remove that first"
                                .formatted(image, String.join(", ", users)));
            }
            finder.store().remove(digest);
        }
        Templates.prune(home);
    }

    private void requireOwn(String digest, String image) {
        if (digest.equals(tools.builtinImage().digest())) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "Image %s is built in and can't be removed".formatted(image));
        }
    }

    @Override
    public List<ImageInfo> prune() {
        var removed = new ArrayList<ImageInfo>();
        try (var _ = finder.store().freeAll(LOCK)) {
            for (var image : infos(finder.store().list())) {
                if (image.users().isEmpty()) {
                    finder.store().remove(image.digest());
                    removed.add(image);
                }
            }
            finder.store().removeFetched();
        }
        Templates.prune(home);
        return removed;
    }

    @Override
    public void login(
            String registry, String user, String password, Consumer<PullBuilder> settings) {
        var access = ImageFinder.access(built(settings).registry());
        RegistryLogin.login(registry, new Credentials(user, password), access);
    }

    @Override
    public void logout(String registry) {
        RegistryLogin.logout(
                registry, ImageFinder.access(new PullSettings.Registry(false, List.of())));
    }

    private static PullSettings built(Consumer<PullBuilder> settings) {
        var builder = new PullBuilder();
        settings.accept(builder);
        return builder.build();
    }

    private ImageInfo info(ImageRecord image) {
        return infos(List.of(image)).getFirst();
    }

    private List<ImageInfo> infos(List<ImageRecord> images) {
        var uses = finder.uses();
        return images.stream()
                .map(image ->
                        new ImageInfo(
                                image.digest(),
                                names(image.digest()),
                                image.source(),
                                image.created(),
                                image.bytes(),
                                image.sourceBytes(),
                                users(image.root(), uses),
                                image.config()))
                .toList();
    }

    private List<String> names(String digest) {
        if (digest.equals(tools.builtinImage().digest())) {
            return List.of(SandboxBuilder.DEFAULT_IMAGE);
        }
        return finder.store().names().entrySet().stream()
                .filter(name -> name.getValue().equals(digest))
                .map(Map.Entry::getKey)
                .toList();
    }

    private static List<String> users(Path root, List<ImageUse> uses) {
        return uses.stream()
                .filter(use -> use.root().equals(root.normalize()))
                .map(ImageUse::user)
                .toList();
    }
}
