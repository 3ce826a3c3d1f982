package dev.stasis.local;

import dev.stasis.Accelerator;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.image.ImageRecord;
import dev.stasis.machine.Boot;
import dev.stasis.machine.MachineIdentity;
import dev.stasis.machine.MachineSpec;
import dev.stasis.store.Home;
import dev.stasis.store.Setup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The machine of one sandbox, planned from its set-up. What a restore has to find again is kept in
/// the set-up's machine facts: `root` is the root file system's file, relative to the home, and
/// `identity` what QEMU was told.
final class MachinePlan {
    /// The reasons for each word are in the agent's README.
    private static final String KERNEL_COMMAND_LINE =
            "console=ttyS0 quiet panic=-1 cryptomgr.notests no_timer_check"
                    + " swiotlb=noforce memhp_default_state=offline";

    private static final String EMULATED_ONLY = " mitigations=off tsc=reliable";

    /// The kernel itself needs some memory that can never be taken away from it again.
    private static final long KERNEL_MIB = 128;

    private static final int MOST_MOVABLE_PERCENT = 75;
    private static final long LEAST_MOVABLE_MIB = 384;

    private static final String ROOT = "root";
    private static final String IDENTITY = "identity";

    private final Place place;
    private final Tools tools;
    private final Setup setup;
    private final Path root;

    private MachinePlan(Place place, Tools tools, Setup setup, Path root) {
        this.place = place;
        this.tools = tools;
        this.setup = setup;
        this.root = root;
    }

    /// A machine of a new sandbox.
    static MachinePlan fresh(Place place, Tools tools, Setup setup, ImageRecord image) {
        return new MachinePlan(place, tools, setup, image.root());
    }

    /// A machine that goes on where a captured one stood.
    ///
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when its root file system is
    ///   missing, or {@link ErrorCode#INCOMPATIBLE_SNAPSHOT} naming each difference that keeps it
    ///   from going on here
    static MachinePlan restored(Place place, Tools tools, String snapshot, Setup setup) {
        var facts = setup.machine();
        var root = root(place.home(), setup);
        if (!Files.isRegularFile(root)) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED,
                    "Snapshot %s can't be restored: its root file system %s is missing; import image '%s' again"
                            .formatted(snapshot, root, setup.image().reference()));
        }
        var plan = new MachinePlan(place, tools, setup, root);
        plan.checkCompatible(snapshot, identity(facts));
        return plan;
    }

    /// A machine that boots from the disk that a sandbox's machines had before: a fresh one, with
    /// as much memory from the start as is in use.
    ///
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when its root file system is
    ///   missing
    static MachinePlan again(Place place, Tools tools, Setup setup) {
        var root = root(place.home(), setup);
        if (!Files.isRegularFile(root)) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED,
                    "Sandbox %s can't be started: its root file system %s is missing; import image '%s' again"
                            .formatted(place.name(), root, setup.image().reference()));
        }
        var facts = new HashMap<>(setup.machine());
        facts.remove(IDENTITY);
        MachineMemory.forget(facts);
        var fresh =
                new Setup(
                        setup.image(),
                        setup.memory(),
                        setup.cpus(),
                        setup.most(),
                        setup.env(),
                        tools.accelerator().accelerator().name(),
                        facts);
        return new MachinePlan(place, tools, fresh, root);
    }

    /// The set-up that it is made from, with its facts.
    Setup known() {
        return setup.withMachine(facts());
    }

    /// The root file system that a set-up names.
    static Path root(Home home, Setup setup) {
        return home.root().resolve(String.valueOf(setup.machine().get(ROOT)));
    }

    /// What a machine is, by its facts.
    static MachineIdentity identity(Map<String, Object> facts) {
        if (!(facts.get(IDENTITY) instanceof Map<?, ?> captured)) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED, "A set-up does not say which machine it is of");
        }
        var texts = new HashMap<String, Object>();
        captured.forEach((key, value) -> texts.put(String.valueOf(key), value));
        return MachineIdentity.fromMap(texts);
    }

    /// What keeps a captured machine from going on here.
    static List<String> differences(Place place, Tools tools, Setup setup) {
        var plan = new MachinePlan(place, tools, setup, root(place.home(), setup));
        return plan.differences(identity(setup.machine()));
    }

    /// A set-up with another file as its root file system.
    static Setup withRoot(Home home, Setup setup, ImageRecord image) {
        var facts = new HashMap<>(setup.machine());
        facts.put(ROOT, home.root().relativize(image.root()).toString());
        return setup.withMachine(facts).withImage(image.digest());
    }

    private List<String> differences(MachineIdentity captured) {
        return MachineIdentity.mismatches(
                captured, MachineIdentity.of(spec(SandboxMaker.FIRST_DISK)));
    }

    private void checkCompatible(String snapshot, MachineIdentity captured) {
        var found = differences(captured);
        if (!found.isEmpty()) {
            throw new StasisException(
                    ErrorCode.INCOMPATIBLE_SNAPSHOT,
                    "Snapshot "
                            + snapshot
                            + " can't be restored on this computer: "
                            + String.join("; ", found));
        }
    }

    /// The facts that a restore has to find again.
    Map<String, Object> facts() {
        var facts = new HashMap<>(setup.machine());
        facts.put(ROOT, place.home().root().relativize(root).toString());
        facts.put(IDENTITY, MachineIdentity.of(spec(SandboxMaker.FIRST_DISK)).toMap());
        return facts;
    }

    /// The machine itself.
    ///
    /// @param disk the file of the sandbox's own disk layer
    MachineSpec spec(String disk) {
        return spec(disk, List.of());
    }

    /// The machine itself, on a disk of several layers.
    ///
    /// @param disk the file of the sandbox's own disk layer
    /// @param beneath the layers that it lies on, the uppermost first
    MachineSpec spec(String disk, List<Path> beneath) {
        var resources = tools.resources();
        var builder =
                MachineSpec.builder(
                                tools.qemu(),
                                resources.launcher(),
                                new Boot.Kernel(
                                        resources.kernel(),
                                        resources.initrd(),
                                        kernelCommandLine()),
                                place.machineFiles())
                        .tracker(resources.tracker())
                        .accelerator(tools.accelerator())
                        .root(root)
                        .disk(place.folder().resolve(disk))
                        .beneath(beneath)
                        .lanes(Place.LANES)
                        .network(UserNetwork.command(setup))
                        .ports(new MachineSpec.Ports(Ports.of(setup), Place.PORTS_LANE));
        return sized(builder).build();
    }

    /// A fresh machine has all that it may ever need; a captured one is what it was.
    private MachineSpec.Builder sized(MachineSpec.Builder builder) {
        var facts = setup.machine();
        if (!facts.containsKey(IDENTITY)) {
            var most = setup.most();
            builder.memory(setup.memory());
            return most == null
                    ? builder.cpus(setup.cpus())
                    : builder.cpus(most.cpus()).memoryLimit(most.memory());
        }
        var captured = identity(facts);
        return builder.memory(captured.memory())
                .memoryLimit(captured.memoryLimit())
                .dimms(MachineMemory.of(setup).layout().dimms())
                .cpus(captured.cpus());
    }

    String kernelCommandLine() {
        var emulated = tools.accelerator().accelerator() == Accelerator.TCG;
        return KERNEL_COMMAND_LINE
                + movable(setup.memory().mebibytes())
                + UserNetwork.kernelOption(setup)
                + (emulated ? EMULATED_ONLY : "");
    }

    /// Only memory that the kernel does not use for itself can be taken away later.
    private static String movable(long mebibytes) {
        long percent = Math.min(MOST_MOVABLE_PERCENT, 100 - 100 * KERNEL_MIB / mebibytes);
        return mebibytes < LEAST_MOVABLE_MIB ? "" : " movablecore=" + percent + "%";
    }
}
