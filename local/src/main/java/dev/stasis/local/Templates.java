package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.image.ImageRecord;
import dev.stasis.store.Home;
import dev.stasis.store.Setup;
import dev.stasis.store.SnapshotManifest;
import dev.stasis.store.TemplateStore.Entry;
import dev.stasis.store.TemplateStore.Making;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/// The templates that sandboxes are restored from instead of being booted. The first sandbox of an
/// image has the template made; others that come meanwhile, from any process, wait for it. What a
/// template depends on is its key ({@link TemplateKey}), so one that no longer fits is not found
/// any more, and goes when it was not used for a while.
final class Templates {
    /// `off` lets every sandbox boot: for measurements, and for tests of booted guests.
    static final String PROPERTY = "dev.stasis.templates";

    private static final System.Logger LOG = System.getLogger(Templates.class.getName());

    private static final Duration MAKING = Duration.ofMinutes(6);
    static final Duration UNUSED = Duration.ofDays(7);

    private final Home home;
    private final Tools tools;
    private final Consumer<String> progress;

    Templates(Home home, Tools tools, Consumer<String> progress) {
        this.home = home;
        this.tools = tools;
        this.progress = progress;
    }

    /// The template for sandboxes of this set-up, made if need be.
    ///
    /// @param setup what the sandbox is set up with
    /// @param image its root file system
    /// @return empty when there can be none: the sandbox has to boot by itself
    Optional<SnapshotManifest> ready(Setup setup, ImageRecord image) {
        if ("off".equals(System.getProperty(PROPERTY))) {
            return Optional.empty();
        }
        var build = new TemplateBuild(home, tools, setup, image);
        var found = home.templates().use(build.key());
        return found.isPresent() ? found : made(build);
    }

    private Optional<SnapshotManifest> made(TemplateBuild build) {
        var templates = home.templates();
        try (var making = lock(build)) {
            var found = templates.use(build.key());
            if (found.isEmpty()) {
                progress.accept("Booting " + build.what() + " once, to start sandboxes from it");
                build.run(making);
                found = templates.use(build.key());
            }
            return found;
        } catch (StasisException e) {
            if (e.code() != ErrorCode.DISK_FULL) {
                throw e;
            }
            LOG.log(
                    System.Logger.Level.WARNING,
                    "There is no space for a template of {0}, so the sandbox boots: {1}",
                    build.what(),
                    e.getMessage());
            return Optional.empty();
        }
    }

    private Making lock(TemplateBuild build) {
        return home.templates()
                .tryLock(build.key())
                .orElseGet(() -> {
                    progress.accept("Waiting for another process, which boots " + build.what());
                    return home.templates().lock(build.key(), MAKING);
                });
    }

    /// Whether a failure to restore a template means that it is to be made anew.
    static boolean isAtFault(StasisException e) {
        return switch (e.code()) {
            case STORE_DAMAGED, SNAPSHOT_NOT_FOUND, INCOMPATIBLE_SNAPSHOT -> true;
            default -> false;
        };
    }

    /// Removes a template that can't be restored.
    ///
    /// @param why what it was refused for
    void discard(Setup setup, ImageRecord image, StasisException why) {
        var build = new TemplateBuild(home, tools, setup, image);
        LOG.log(
                System.Logger.Level.WARNING,
                "The template of {0} can''t be used and is made anew: {1}",
                build.what(),
                why.getMessage());
        home.templates().remove(build.key());
    }

    /// Removes the templates of images that are gone, and those that were not used for a week.
    static void prune(Home home) {
        var since = Instant.now().minus(UNUSED);
        if (home.templates().list().stream().anyMatch(entry -> isUnwanted(home, entry, since))) {
            home.templates().prune(entry -> isUnwanted(home, entry, since));
        }
    }

    private static boolean isUnwanted(Home home, Entry entry, Instant since) {
        return entry.lastUsed().isBefore(since)
                || !Files.isRegularFile(MachinePlan.root(home, entry.manifest().setup()));
    }
}
