package dev.stasis.local;

import dev.stasis.Accelerator;
import dev.stasis.ErrorCode;
import dev.stasis.SandboxBuilder;
import dev.stasis.StasisException;
import dev.stasis.guest.GuestResources;
import dev.stasis.image.ImageRecord;
import dev.stasis.image.ImageStore;
import dev.stasis.machine.AcceleratorFinding;
import dev.stasis.machine.AcceleratorProbe;
import dev.stasis.machine.ProbeTools;
import dev.stasis.machine.Qemu;
import dev.stasis.store.Home;
import org.jspecify.annotations.Nullable;

/// What machines are made with on this computer: QEMU, the accelerator, the guest's files and
/// images. Each is found when it is first asked for and kept. Thread-safe.
final class Tools {
    private static final System.Logger LOG = System.getLogger(Tools.class.getName());

    private final Home home;
    private @Nullable Qemu qemu;
    private @Nullable GuestResources resources;
    private @Nullable AcceleratorFinding accelerator;

    Tools(Home home) {
        this.home = home;
    }

    synchronized Qemu qemu() {
        if (qemu == null) {
            qemu = Qemu.find(home.cacheFolder());
        }
        return qemu;
    }

    synchronized GuestResources resources() {
        if (resources == null) {
            resources = GuestResources.extract(home.bootFolder());
        }
        return resources;
    }

    /// What runs CPUs here, and why. Says so when it is emulation.
    synchronized AcceleratorFinding accelerator() {
        if (accelerator == null) {
            accelerator = new AcceleratorProbe(probeTools(), home.cacheFolder()).find();
            if (accelerator.accelerator() == Accelerator.TCG) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "Sandboxes run in software emulation, which is slower and no isolation boundary for hostile code: {0}",
                        accelerator.explanation());
            }
        }
        return accelerator;
    }

    private ProbeTools probeTools() {
        var files = resources();
        return new ProbeTools(
                qemu(), files.launcher(), files.kvmPayload(), () -> TrialFolder.in(home));
    }

    /// What runs CPUs here.
    ///
    /// @param requireKvm whether anything but KVM is refused
    /// @throws StasisException with {@link ErrorCode#KVM_UNAVAILABLE}
    AcceleratorFinding accelerator(boolean requireKvm) {
        var found = accelerator();
        if (requireKvm && found.accelerator() != Accelerator.KVM) {
            throw new StasisException(
                    ErrorCode.KVM_UNAVAILABLE,
                    "KVM is required and can't be used here: "
                            + found.explanation()
                            + "; allow software emulation, or run where KVM works");
        }
        return found;
    }

    /// The root file system that came with Stasis.
    ImageRecord builtinImage() {
        return ImageStore.builtin(
                SandboxBuilder.DEFAULT_IMAGE, resources().busyboxRoot(), resources().digest());
    }
}
