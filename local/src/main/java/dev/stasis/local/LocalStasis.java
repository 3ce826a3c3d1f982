package dev.stasis.local;

import dev.stasis.Diagnosis;
import dev.stasis.Finding;
import dev.stasis.Images;
import dev.stasis.ImportBuilder;
import dev.stasis.ImportSettings;
import dev.stasis.Pool;
import dev.stasis.PoolSettings;
import dev.stasis.Progress;
import dev.stasis.RestoreSettings;
import dev.stasis.RetentionBuilder;
import dev.stasis.Sandbox;
import dev.stasis.SandboxBuilder;
import dev.stasis.SandboxInfo;
import dev.stasis.Snapshot;
import dev.stasis.SnapshotInfo;
import dev.stasis.Stasis;
import dev.stasis.store.Home;
import dev.stasis.store.SnapshotManifest;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A home on this machine.
final class LocalStasis implements Stasis {
    private final Home home;
    private final Tools tools;
    private final Listing listing;
    private final List<Finding> found;
    private final Set<LocalSandbox> made = ConcurrentHashMap.newKeySet();
    private final Set<LocalPool> pools = ConcurrentHashMap.newKeySet();

    private LocalStasis(Home home, List<Finding> found) {
        this.home = home;
        this.found = List.copyOf(found);
        this.tools = new Tools(home);
        this.listing = new Listing(home);
    }

    static LocalStasis open(Path folder) {
        var home = Home.open(folder);
        var found = new Housekeeping(home).cleanUp();
        Templates.prune(home);
        return new LocalStasis(home, found);
    }

    Home openHome() {
        return home;
    }

    Listing listing() {
        return listing;
    }

    @Override
    public Sandbox create(String name, Consumer<SandboxBuilder> settings) {
        var builder = new SandboxBuilder();
        settings.accept(builder);
        return keep(new SandboxMaker(this, tools).create(name, builder.build()));
    }

    @Override
    public Sandbox create(Consumer<SandboxBuilder> settings) {
        return create(GeneratedNames.next("sandbox"), settings);
    }

    Sandbox restore(String snapshot, String name, RestoreSettings settings) {
        return keep(new SandboxMaker(this, tools).restore(snapshot, name, settings));
    }

    Sandbox restore(
            SnapshotManifest snapshot,
            String name,
            RestoreSettings settings,
            Origin.Pooled pooled) {
        return keep(new SandboxMaker(this, tools).restore(snapshot, name, settings, pooled));
    }

    Pool pool(String snapshot, int size, PoolSettings settings) {
        var pool = LocalPool.of(this, tools, snapshot, size, settings);
        pools.add(pool);
        return pool;
    }

    /// Rewinds a sandbox, see [Rewind].
    @Nullable String rewind(Place place, String snapshot, @Nullable String keep) {
        return new Rewind(place, tools, keeper(place)).to(snapshot, keep);
    }

    /// Starts a sandbox, see [Start].
    void start(Place place) {
        new Start(place, tools, keeper(place)).start();
    }

    private @Nullable Keeper keeper(Place place) {
        return made.stream()
                .filter(sandbox -> sandbox.id().equals(place.id()))
                .map(LocalSandbox::keeper)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    private Sandbox keep(LocalSandbox sandbox) {
        made.add(sandbox);
        return sandbox;
    }

    void forget(LocalSandbox sandbox) {
        made.remove(sandbox);
    }

    void forget(LocalPool pool) {
        pools.remove(pool);
    }

    @Override
    public Sandbox sandbox(String name) {
        var record = home.sandboxes().get(name);
        return new LocalSandbox(this, new Place(home, record.name(), record.id()), null);
    }

    @Override
    public List<SandboxInfo> sandboxes() {
        return listing.sandboxes();
    }

    @Override
    public Snapshot snapshot(String nameOrId) {
        return new LocalSnapshot(this, home.snapshots().resolve(nameOrId).id(), false);
    }

    @Override
    public List<SnapshotInfo> snapshots() {
        return listing.named();
    }

    @Override
    public List<SnapshotInfo> restorableSnapshots() {
        return listing.restorable();
    }

    @Override
    public List<SnapshotInfo> pruneSnapshots(Consumer<RetentionBuilder> rules) {
        var builder = new RetentionBuilder();
        rules.accept(builder);
        return listing.prune(builder.build());
    }

    @Override
    public List<Finding> verifySnapshots(Consumer<Progress> progress) {
        return home.snapshots().readAll(progress);
    }

    @Override
    public List<Finding> check() {
        return new HomeCheck(home, found).look();
    }

    @Override
    public List<Finding> repair() {
        return new HomeCheck(home, found).repair();
    }

    Travel travel() {
        return new Travel(home, tools);
    }

    @Override
    public Snapshot importSnapshot(Path file, Consumer<ImportBuilder> settings) {
        return new LocalSnapshot(this, travel().read(file, built(settings)), false);
    }

    @Override
    public Snapshot importSnapshot(InputStream in, Consumer<ImportBuilder> settings) {
        return new LocalSnapshot(this, travel().read(in, built(settings)), false);
    }

    private static ImportSettings built(Consumer<ImportBuilder> settings) {
        var builder = new ImportBuilder();
        settings.accept(builder);
        return builder.build();
    }

    @Override
    public Images images() {
        return new LocalImages(home, tools);
    }

    @Override
    public void deleteSnapshot(String name) {
        home.snapshots().delete(name);
        new Compaction(home).giveBack();
    }

    @Override
    public List<Diagnosis> diagnose() {
        return new Doctor(home, tools).examine();
    }

    @Override
    public Path home() {
        return home.root();
    }

    @Override
    public void close() {
        Closing.allOf(
                List.of(
                        () ->
                                Closing.allOf(
                                        pools.stream().<Runnable>map(pool -> pool::close).toList()),
                        () -> Closing.all(List.copyOf(made).reversed())));
    }
}
