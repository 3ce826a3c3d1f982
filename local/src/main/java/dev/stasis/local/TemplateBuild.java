package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.guest.GuestSizing;
import dev.stasis.image.ImageRecord;
import dev.stasis.machine.CaptureRequest;
import dev.stasis.machine.Machine;
import dev.stasis.machine.RamImage;
import dev.stasis.store.Home;
import dev.stasis.store.Ids;
import dev.stasis.store.Part;
import dev.stasis.store.Setup;
import dev.stasis.store.SnapshotManifest;
import dev.stasis.store.Staging;
import dev.stasis.store.TemplateStore.Making;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;

/// The making of one template: a machine without a sandbox boots in the folder of the snapshot that
/// is being made, is captured and killed. Nothing of a user's sandbox is in it. When it fails or
/// its process is killed, the folder goes as that of any other unfinished snapshot.
final class TemplateBuild {
    private static final Duration CAPTURE = Duration.ofMinutes(2);
    private static final Duration KILL = Duration.ofSeconds(20);

    /// How many CPUs a template uses; a sandbox restored from it gets as many as it wants.
    private static final int CPUS = 1;

    /// What a template's manifest names as its source; templates have no sandbox.
    private static final String SOURCE = "template";

    private final Home home;
    private final Tools tools;
    private final ImageRecord image;
    private final Setup bare;
    private final String key;

    /// @param setup what the sandbox is set up with that needs it
    TemplateBuild(Home home, Tools tools, Setup setup, ImageRecord image) {
        this.home = home;
        this.tools = tools;
        this.image = image;
        this.bare = of(setup).withEnv(Map.of());
        var somewhere = new Place(home, SOURCE, Ids.next());
        this.key =
                TemplateKey.of(
                        image.digest(),
                        tools.resources().digest(),
                        MachinePlan.fresh(somewhere, tools, bare, image));
    }

    /// What the machine of a template is set up with, as far as its guest knows.
    ///
    /// @param setup of a sandbox that is restored from it
    static Setup of(Setup setup) {
        return setup.withSize(CPUS, setup.memory());
    }

    String key() {
        return key;
    }

    /// What it is of, for people.
    String what() {
        return "image " + bare.image().reference() + " with " + bare.memory();
    }

    /// Makes it. The caller holds the lock on its key.
    void run(Making making) {
        Booting.run(atMost -> make(making, atMost));
        home.templates().harden(key);
        home.snapshots().collect();
    }

    private void make(Making making, Duration atMost) {
        String id = Ids.next();
        try (var staging = home.snapshots().begin(id)) {
            var place = new Place(home, SOURCE, id, staging.folder());
            var plan = MachinePlan.fresh(place, tools, bare, image);
            var captured = captured(place, plan, staging, atMost);
            making.announce(id);
            staging.publish(captured);
        }
    }

    private SnapshotManifest captured(
            Place place, MachinePlan plan, Staging staging, Duration atMost) {
        DiskOverlays.create(
                staging.file(SnapshotFiles.DISK, Part.DISK), tools.resources().blankDisk());
        home.runtime().create(place.id());
        try {
            Files.createDirectory(place.logs());
            try (var machine = Machine.boot(plan.spec(SnapshotFiles.DISK), atMost)) {
                prepare(place, atMost);
                capture(machine, staging);
                machine.kill(KILL);
            }
            return SnapshotManifest.ofTemplate(staging.id(), bare.withMachine(plan.facts()));
        } catch (StasisException e) {
            throw explained(e, place);
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "The template of " + what() + " can't be made", e);
        } finally {
            Removal.of(place).forgetMachine();
        }
    }

    /// The logs go with the machine, so what they say goes into the message.
    private StasisException explained(StasisException e, Place place) {
        if (e.code() == ErrorCode.INTERRUPTED || e.code() == ErrorCode.DISK_FULL) {
            return e;
        }
        place.awaitDying();
        var message =
                "The template of %s can't be made: %s. Of its machine: %s"
                        .formatted(what(), e.getMessage(), Machine.lastWords(place.machineFiles()));
        return CrashedException.orOther(place.machineFiles(), e.code(), message, e);
    }

    /// There are no users' processes to be frozen yet.
    private static void prepare(Place place, Duration atMost) {
        var guest = new GuestControl(place);
        try (var agent = guest.connect(atMost)) {
            new GuestSizing(agent).useCpus(CPUS);
            agent.sync();
        }
    }

    private static void capture(Machine machine, Staging staging) {
        var devices = staging.file(SnapshotFiles.DEVICES, Part.MEMORY);
        var captured =
                machine.capture(new CaptureRequest(devices, staging.folder(), Map.of()), CAPTURE);
        for (var block : captured.memory().keySet()) {
            staging.file(RamImage.Flat.nameOf(block), Part.MEMORY);
        }
    }
}
