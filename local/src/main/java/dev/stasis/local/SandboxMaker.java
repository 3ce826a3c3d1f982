package dev.stasis.local;

import dev.stasis.Accelerator;
import dev.stasis.ByteSize;
import dev.stasis.RestoreSettings;
import dev.stasis.SandboxSettings;
import dev.stasis.SandboxTerms;
import dev.stasis.StasisException;
import dev.stasis.guest.Feature;
import dev.stasis.guest.GuestSizing;
import dev.stasis.image.ImageRecord;
import dev.stasis.machine.Machine;
import dev.stasis.store.Durability;
import dev.stasis.store.Layers;
import dev.stasis.store.Names;
import dev.stasis.store.SandboxRecord;
import dev.stasis.store.Setup;
import dev.stasis.store.SnapshotManifest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;

/// Makes sandboxes: restores them from a snapshot, or from the template of an image, or boots them
/// where there can be no template.
///
/// A sandbox's record is written first, as CREATING, and protects what the sandbox is based on; its
/// machine is attached to this process until the sandbox is complete, so that nothing of it
/// survives a kill -9. When anything fails, everything made so far is taken back.
final class SandboxMaker {
    static final String FIRST_DISK = "disk-0.qcow2";

    private static final Duration RESTORE = Duration.ofMinutes(1);

    /// A template that turns out to be damaged is made anew once.
    private static final int ATTEMPTS = 2;

    private final LocalStasis stasis;
    private final Tools tools;

    SandboxMaker(LocalStasis stasis, Tools tools) {
        this.stasis = stasis;
        this.tools = tools;
    }

    LocalSandbox create(String name, SandboxSettings settings) {
        Names.check("sandbox", name);
        var _ = Terms.of(settings.terms());
        new WantedSize(settings.cpus(), settings.memory()).checkHost("Sandbox " + name);
        var accelerator = tools.accelerator(settings.binding().requireKvm());
        var images = new ImageFinder(stasis.openHome(), tools);
        var image = images.get(settings.image(), settings.pull(), settings.progress());
        try (var _ = images.keep(image)) {
            return create(name, settings, image, accelerator.accelerator());
        }
    }

    private LocalSandbox create(
            String name, SandboxSettings settings, ImageRecord image, Accelerator accelerator) {
        var basic =
                new Setup(
                        new Setup.Image(settings.image(), image.digest(), image.config()),
                        settings.memory(),
                        settings.cpus(),
                        new Setup.Most(settings.limits().memory(), settings.limits().cpus()),
                        settings.env().over(image.config().env()),
                        accelerator.name(),
                        Map.of());
        var bare = UserNetwork.in(basic, settings.network().network());
        UserNetwork.require(bare);
        var wanted = Ports.in(bare, settings.network().ports());
        var templates = new Templates(stasis.openHome(), tools, settings.progress());
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            var template = templates.ready(bare, image);
            if (template.isEmpty()) {
                break;
            }
            try {
                return fromTemplate(name, template.get().id(), wanted, settings, image);
            } catch (StasisException e) {
                if (!Templates.isAtFault(e)) {
                    throw e;
                }
                templates.discard(bare, image, e);
            }
        }
        return Booting.of(atMost -> boot(name, wanted, settings, image, atMost));
    }

    /// The sandbox is as one that has just booted: it does not know the template.
    private LocalSandbox fromTemplate(
            String name, String template, Setup bare, SandboxSettings settings, ImageRecord image) {
        var running = Marks.restore(name);
        var record =
                SandboxRecord.of(name, bare)
                        .withLayers(Layers.restored(template, FIRST_DISK))
                        .withTerms(Terms.of(settings.terms()));
        var place = place(record);
        var facts = MachinePlan.fresh(place, tools, bare, image).facts();
        var setup = bare.withMachine(facts);
        var plan = MachinePlan.restored(place, tools, template, setup);
        return make(
                place,
                record.withSetup(setup),
                Wishes.of(settings),
                RESTORE,
                new Origin.Started(place, () -> restored(place, plan, template, running)));
    }

    private LocalSandbox boot(
            String name, Setup bare, SandboxSettings settings, ImageRecord image, Duration atMost) {
        var record =
                SandboxRecord.of(name, bare)
                        .withLayers(Layers.booted(FIRST_DISK))
                        .withTerms(Terms.of(settings.terms()));
        var place = place(record);
        var plan = MachinePlan.fresh(place, tools, bare, image);
        settings.progress()
                .accept(
                        "Booting sandbox "
                                + name
                                + ": "
                                + settings.image()
                                + ", "
                                + settings.memory()
                                + ", CPUs: "
                                + settings.cpus());
        return make(
                place,
                record.withSetup(bare.withMachine(plan.facts())),
                Wishes.of(settings),
                atMost,
                new Origin.Started(
                        place,
                        () -> {
                            DiskOverlays.create(
                                    place.folder().resolve(FIRST_DISK),
                                    tools.resources().blankDisk());
                            return Machine.boot(plan.spec(FIRST_DISK), atMost);
                        }));
    }

    LocalSandbox restore(String snapshot, String name, RestoreSettings settings) {
        var running = Marks.restore(name);
        var wanted = wanted(stasis.openHome().snapshots().resolve(snapshot), name, settings);
        var place = place(wanted.record);
        var plan = MachinePlan.restored(place, tools, snapshot, wanted.record.setup());
        var facts = wanted.record.setup().withMachine(plan.facts());
        return make(
                place,
                wanted.record.withSetup(facts),
                wanted.wishes,
                RESTORE,
                new Origin.Started(place, () -> restored(place, plan, snapshot, running)));
    }

    /// Makes a fork of a clone, whose machine was checked when it was made.
    LocalSandbox restore(
            SnapshotManifest snapshot,
            String name,
            RestoreSettings settings,
            Origin.Pooled pooled) {
        var wanted = wanted(snapshot, name, settings);
        var record = wanted.record.withId(pooled.ready().place().id());
        return make(place(record), record, wanted.wishes, RESTORE, pooled);
    }

    /// A fork that was asked for.
    private record Wanted(SandboxRecord record, Wishes wishes) {}

    private Wanted wanted(SnapshotManifest snapshot, String name, RestoreSettings settings) {
        Names.check("sandbox", name);
        tools.accelerator(settings.binding().requireKvm());
        var captured = snapshot.setup();
        UserNetwork.require(captured);
        var size =
                new WantedSize(
                                settings.cpus().orElse(captured.cpus()),
                                settings.memory().orElse(captured.memory()))
                        .checked("Snapshot " + snapshot.id(), captured);
        settings.disk()
                .ifPresent(disk ->
                        DiskGrowth.check(SnapshotFiles.disk(stasis.openHome(), snapshot), disk));
        var env = settings.env().over(captured.env());
        var setup = Ports.in(captured.withEnv(env), Ports.restored(captured, settings.ports()));
        return new Wanted(
                SandboxRecord.of(name, setup)
                        .withBase(snapshot.id(), FIRST_DISK)
                        .withTerms(Terms.of(settings.terms())),
                new Wishes(settings.binding().attached(), size, settings.disk(), settings.terms()));
    }

    private Machine restored(Place place, MachinePlan plan, String snapshot, Runnable running) {
        var source = SnapshotFiles.verified(stasis.openHome(), snapshot);
        DiskOverlays.create(place.folder().resolve(FIRST_DISK), source.disks().getFirst());
        var machine =
                Machine.restore(
                        plan.spec(FIRST_DISK, source.disks()),
                        new FlatCache(place.home()).of(snapshot, source.memory()),
                        source.devices(),
                        RESTORE);
        machine.resume(RESTORE);
        running.run();
        return machine;
    }

    /// What becomes of a machine once it runs.
    ///
    /// @param attached whether its sandbox ends with this process
    /// @param size its CPUs and memory
    /// @param disk the size of its disk, if not that of what it lies on
    /// @param terms on which its sandbox is kept
    private record Wishes(
            boolean attached, WantedSize size, Optional<ByteSize> disk, SandboxTerms terms) {
        static Wishes of(SandboxSettings settings) {
            return new Wishes(
                    settings.binding().attached(),
                    new WantedSize(settings.cpus(), settings.memory()),
                    Optional.of(settings.disk()),
                    settings.terms());
        }
    }

    private Place place(SandboxRecord record) {
        return new Place(stasis.openHome(), record.name(), record.id());
    }

    private LocalSandbox make(
            Place place, SandboxRecord record, Wishes wishes, Duration longest, Origin origin) {
        if (wishes.terms.replaces()) {
            new Terms(place).replace(record);
        }
        try (var _ = origin.publish(record)) {
            var undo = new ArrayList<Runnable>();
            undo.add(Removal.of(place)::removeLocked);
            try {
                var keeper = origin.begin(place, undo);
                var setup = introduce(place, record, wishes, longest);
                keeper.limit(place, record);
                if (!wishes.attached) {
                    keeper.letGo();
                }
                var published = Ports.in(setup, new Ports(place).now());
                var running = record.withSetup(published).withState(SandboxRecord.State.RUNNING);
                place.home()
                        .sandboxes()
                        .update(
                                wishes.attached ? running : running.detached(),
                                Durability.UNSYNCED);
                return new LocalSandbox(stasis, place, wishes.attached ? keeper : null);
            } catch (StasisException e) {
                var explained = new Power(place).explained(e);
                Closing.after(explained, undo.reversed());
                throw explained;
            } catch (RuntimeException | Error e) {
                Closing.after(e, undo.reversed());
                throw e;
            }
        }
    }

    /// Makes the guest what was wished for, before any process of its users goes on.
    private static Setup introduce(
            Place place, SandboxRecord record, Wishes wishes, Duration longest) {
        var guest = new GuestControl(place);
        var disk = place.folder().resolve(FIRST_DISK);
        boolean booted = record.layers().memoryBase() == null; // its time is set last
        try (var agent = booted ? guest.connect(longest) : guest.introduce(record, longest)) {
            if (!Ports.of(record.setup()).isEmpty()) {
                agent.require(Feature.CONNECT);
            }
            wishes.disk.ifPresent(size -> new DiskGrowth(place).grow(agent, disk, size));
            if (booted) {
                new GuestSizing(agent).useCpus(wishes.size.cpus()); // all of them have booted
                guest.begin(agent, record);
                return record.setup();
            }
            boolean fork = record.base() != null;
            var captured = fork ? record.setup() : TemplateBuild.of(record.setup());
            var setup = new Resizing(place, agent, captured, _ -> {}).become(wishes.size);
            if (fork) {
                guest.becomeFork(agent);
            } else {
                agent.thaw();
            }
            return setup;
        }
    }
}
