package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.ExportSettings;
import dev.stasis.ImportSettings;
import dev.stasis.StasisException;
import dev.stasis.image.ArchivedImage;
import dev.stasis.image.ImageRecord;
import dev.stasis.image.ImageStore;
import dev.stasis.machine.Qcow2Travel;
import dev.stasis.store.Digest;
import dev.stasis.store.Home;
import dev.stasis.store.Ids;
import dev.stasis.store.Setup;
import dev.stasis.store.SnapshotArchive;
import dev.stasis.store.SnapshotExport;
import dev.stasis.store.SnapshotImport;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Takes snapshots from one home to another.
///
/// A machine goes on only with the very file that was its root file system: what the guest has read
/// of it is in its memory. So that file is told by its content. The built-in one is small and
/// differs from version to version, and always goes along; another one goes along when that is
/// asked for, or has to be here.
final class Travel {
    private static final Duration LOCK = Duration.ofMinutes(2);

    private final Home home;
    private final Tools tools;

    Travel(Home home, Tools tools) {
        this.home = home;
        this.tools = tools;
    }

    /// What goes along with a snapshot.
    SnapshotExport.Along along(String id, List<String> names, ExportSettings settings) {
        var setup = home.snapshots().resolve(id).setup();
        Path root = MachinePlan.root(home, setup);
        if (!Files.isRegularFile(root)) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED,
                    "Snapshot %s can't be exported: its root file system %s is missing"
                            .formatted(id, root));
        }
        var image =
                ImageStore.open(home.imagesFolder())
                        .find(setup.image().digest())
                        .filter(found -> found.root().equals(root));
        var record =
                image.orElseGet(() ->
                        ImageStore.builtin(
                                setup.image().reference(), root, setup.image().digest()));
        return new SnapshotExport.Along(
                settings.name().or(() -> names.stream().findFirst()).orElse(null),
                settings.since().map(since -> home.snapshots().resolve(since).id()).orElse(null),
                new SnapshotExport.Root(
                        root,
                        settings.withImage() || image.isEmpty(),
                        ArchivedImage.describe(record)));
    }

    SnapshotExport export() {
        return new SnapshotExport(home, Qcow2Travel::writeAlone);
    }

    /// Imports.
    ///
    /// @return its id
    String read(InputStream in, ImportSettings settings) {
        try (var _ = ImageStore.open(home.imagesFolder()).keepAll(LOCK)) {
            return new SnapshotImport(home)
                    .read(in, settings.name().orElse(null), new Arrival(settings.notices()));
        }
    }

    String read(Path file, ImportSettings settings) {
        if (!Files.exists(file)) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "There is no archive %s: name a file that an export has written"
                            .formatted(file));
        }
        try (var in = Files.newInputStream(file)) {
            return read(in, settings);
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "The archive " + file + " can't be read", e);
        }
    }

    /// An archive that is being imported.
    private final class Arrival implements SnapshotImport.Receiver {
        private final Consumer<String> notices;
        private Optional<ImageRecord> here = Optional.empty();

        Arrival(Consumer<String> notices) {
            this.notices = notices;
        }

        @Override
        public void check(SnapshotArchive archive) {
            here = candidates(archive).stream().filter(it -> isSame(it, archive)).findFirst();
            if (here.isEmpty() && !archive.image().included()) {
                throw missing(archive);
            }
            try {
                differences(archive.snapshot().setup()).forEach(notices);
            } catch (StasisException e) {
                if (e.code() == ErrorCode.STORE_DAMAGED) {
                    throw invalid(e);
                }
                notices.accept(e.getMessage());
            }
        }

        @Override
        public void checkDisk(Path file, @Nullable String beneath) {
            try {
                String said = Qcow2Travel.beneath(file);
                boolean right =
                        beneath == null
                                ? said.isEmpty()
                                : said.matches(
                                        "(\\.\\./)+(snapshots/)?[a-z2-7]{12}/disk[0-9.]*\\.qcow2");
                if (!right) {
                    throw invalid("it has a disk that lies on '" + said + "'", null);
                }
            } catch (StasisException e) {
                throw e.code() == ErrorCode.STORE_DAMAGED ? invalid(e) : e;
            } catch (IOException e) {
                throw new StasisException(ErrorCode.IO_FAILED, "Reading " + file, e);
            }
        }

        @Override
        public Setup place(SnapshotArchive archive, @Nullable Path image) {
            var setup = archive.snapshot().setup();
            var root =
                    here.orElseGet(() ->
                            ArchivedImage.adopt(
                                    home.imagesFolder(),
                                    digest(archive).hex(),
                                    archive.image().record(),
                                    Objects.requireNonNull(image)));
            return MachinePlan.withRoot(home, setup, root);
        }
    }

    /// What could be the root file system that the snapshot needs, by what is said of it.
    private List<ImageRecord> candidates(SnapshotArchive archive) {
        var image = archive.snapshot().setup().image();
        var candidates = new ArrayList<ImageRecord>();
        var store = ImageStore.open(home.imagesFolder());
        store.find(digest(archive).hex()).ifPresent(candidates::add);
        store.find(image.digest()).ifPresent(candidates::add);
        candidates.add(tools.builtinImage());
        return candidates;
    }

    private static boolean isSame(ImageRecord candidate, SnapshotArchive archive) {
        return candidate.bytes().bytes() == archive.image().file().size()
                && digest(archive).isOf(candidate.root());
    }

    private static StasisException invalid(StasisException cause) {
        return invalid(String.valueOf(cause.getMessage()), cause);
    }

    private static StasisException invalid(String how, @Nullable StasisException cause) {
        return new StasisException(
                ErrorCode.ARCHIVE_INVALID,
                "The archive holds no snapshot that can be used here: " + how,
                cause);
    }

    private static Digest digest(SnapshotArchive archive) {
        return Objects.requireNonNull(archive.image().file().digest());
    }

    private List<String> differences(Setup setup) {
        var place = new Place(home, "import", Ids.next());
        return MachinePlan.differences(place, tools, setup).stream()
                .map(difference -> "It can't be restored on this computer: " + difference)
                .toList();
    }

    private StasisException missing(SnapshotArchive archive) {
        var image = archive.snapshot().setup().image();
        boolean other = ImageStore.open(home.imagesFolder()).find(image.digest()).isPresent();
        return new StasisException(
                ErrorCode.IMAGE_NOT_FOUND,
                "Snapshot %s needs the root file system of image '%s' (%s), %s: export the snapshot with its image (--with-image)%s"
                        .formatted(
                                archive.id(),
                                image.reference(),
                                image.digest(),
                                other
                                        ? "and the one that was made of that image here is another file"
                                        : "which is not here",
                                other ? "" : ", or import that image first"));
    }
}
