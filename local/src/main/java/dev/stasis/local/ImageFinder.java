package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.PullSettings;
import dev.stasis.SandboxBuilder;
import dev.stasis.StasisException;
import dev.stasis.image.ImageRecord;
import dev.stasis.image.ImageReference;
import dev.stasis.image.ImageStore;
import dev.stasis.image.RegistryAccess;
import dev.stasis.store.Home;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/// Finds the images that users mean, and gets those that are not here.
final class ImageFinder {
    private static final Duration IMPORT = Duration.ofHours(1);
    private static final Duration LOCK = Duration.ofMinutes(2);
    private static final Pattern FILE =
            Pattern.compile(
                    "(?:/|\\./|\\.\\./).*|.*\\.(?:tar|tar\\.gz|tgz|tar\\.zst)", Pattern.DOTALL);
    private static final String DIGEST_PREFIX = "sha256:";
    private static final Pattern DIGEST =
            Pattern.compile("(?:" + DIGEST_PREFIX + ")?([0-9a-f]{6,64})");

    private final Home home;
    private final Tools tools;
    private final ImageStore store;

    ImageFinder(Home home, Tools tools) {
        this.home = home;
        this.tools = tools;
        this.store = ImageStore.open(home.imagesFolder());
    }

    ImageStore store() {
        return store;
    }

    /// The image that is meant; made or pulled if need be.
    ///
    /// @param reference as {@link SandboxBuilder#image}
    /// @param progress told what is being done, a line a step
    ImageRecord get(String reference, PullSettings pull, Consumer<String> progress) {
        if (reference.equals(SandboxBuilder.DEFAULT_IMAGE)) {
            return tools.builtinImage();
        }
        if (FILE.matcher(reference).matches()) {
            var steps = new ImportSteps(reference, progress);
            return store.importTar(Path.of(reference), IMPORT, steps::report);
        }
        var digest = ofDigest(reference);
        if (digest.isPresent()) {
            return record(digest.get());
        }
        return pull(reference, pull, progress);
    }

    /// Gets an image from its registry, as far as the policy says so.
    ImageRecord pull(String reference, PullSettings pull, Consumer<String> progress) {
        var name = ImageReference.parse(reference);
        boolean asked =
                switch (pull.policy()) {
                    case ALWAYS -> true;
                    case IF_MISSING -> store.find(name).isEmpty();
                    case NEVER -> false;
                };
        if (asked) {
            progress.accept("Pulling image " + name);
        }
        try {
            return store.pull(
                    name,
                    new ImageStore.Pull(
                            pull.policy(),
                            access(pull.registry()),
                            pull.timeout(),
                            pull.progress()));
        } catch (StasisException e) {
            throw Files.isRegularFile(Path.of(reference)) ? orFile(reference, e) : e;
        }
    }

    /// Who names a file as one names an image learns how to name a file.
    private static StasisException orFile(String reference, StasisException e) {
        return new StasisException(
                e.code(),
                "%s; if you mean the file '%s', write './%s'"
                        .formatted(e.getMessage(), reference, reference),
                e);
    }

    /// The digest of an image that is here.
    ///
    /// @param reference its name, or its digest or the beginning of that
    /// @throws StasisException with {@link ErrorCode#IMAGE_NOT_FOUND}
    String digest(String reference) {
        if (reference.equals(SandboxBuilder.DEFAULT_IMAGE)) {
            return tools.builtinImage().digest();
        }
        return ofDigest(reference)
                .or(() -> named(reference))
                .orElseThrow(() ->
                        new StasisException(
                                ErrorCode.IMAGE_NOT_FOUND,
                                "There is no image '%s' here: 'stasis images ls' lists those that are"
                                        .formatted(reference)));
    }

    /// The image of a digest that is here.
    ///
    /// @throws StasisException with {@link ErrorCode#IMAGE_NOT_FOUND}
    ImageRecord record(String digest) {
        var builtin = tools.builtinImage();
        return digest.equals(builtin.digest())
                ? builtin
                : store.find(digest).orElseThrow(() -> gone(digest));
    }

    /// The digest of the image that has a name here.
    Optional<String> named(String reference) {
        if (reference.startsWith(DIGEST_PREFIX) || FILE.matcher(reference).matches()) {
            return Optional.empty();
        }
        return Optional.ofNullable(store.names().get(ImageReference.parse(reference).full()));
    }

    /// Names go first: a name may look like the beginning of a digest.
    private Optional<String> ofDigest(String reference) {
        var match = DIGEST.matcher(reference);
        if (!match.matches() || named(reference).isPresent()) {
            return Optional.empty();
        }
        var fitting = store.digests().stream().filter(d -> d.startsWith(match.group(1))).toList();
        if (fitting.size() > 1) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "The digests of %d images begin with '%s': give more of it"
                            .formatted(fitting.size(), reference));
        }
        if (fitting.isEmpty() && reference.startsWith(DIGEST_PREFIX)) {
            throw gone(match.group(1));
        }
        return fitting.stream().findFirst();
    }

    /// Keeps images from being removed while something is made of this one.
    ///
    /// @throws StasisException with {@link ErrorCode#IMAGE_NOT_FOUND} when it was removed already
    ImageStore.Hold keep(ImageRecord image) {
        var kept = store.keepAll(LOCK);
        if (!Files.isRegularFile(image.root())) {
            kept.close();
            throw gone(image.digest());
        }
        return kept;
    }

    private static StasisException gone(String digest) {
        return new StasisException(
                ErrorCode.IMAGE_NOT_FOUND,
                "There is no image with the digest %s here, or it was removed just now: pull or load it again"
                        .formatted(digest));
    }

    /// How registries are reached: logins are where Docker keeps them.
    static RegistryAccess access(PullSettings.Registry registry) {
        return new RegistryAccess(
                registry.plainHttp()
                        ? RegistryAccess.Transport.PLAIN_HTTP
                        : RegistryAccess.Transport.TLS,
                registry.authorities(),
                dockerConfig(System.getenv()),
                Optional.empty());
    }

    private static Path dockerConfig(Map<String, String> env) {
        String folder = env.getOrDefault("DOCKER_CONFIG", "");
        Path home = Path.of(env.getOrDefault("HOME", System.getProperty("user.home")));
        return (folder.isEmpty() ? home.resolve(".docker") : Path.of(folder))
                .resolve("config.json");
    }

    /// What uses images of this home.
    List<ImageUse> uses() {
        return ImageUse.of(home);
    }
}
