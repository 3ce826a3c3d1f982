package dev.stasis.machine;

import dev.stasis.Accelerator;

/// Which accelerator is used, and why.
///
/// @param accelerator what runs the CPUs
/// @param cpu the CPU model that goes with it
/// @param reason why, for programs
/// @param explanation why, for people: what was found and, where KVM is not used, what would help
public record AcceleratorFinding(
        Accelerator accelerator, String cpu, Reason reason, String explanation) {

    /// Why an accelerator is used.
    public enum Reason {
        /// A payload ran under KVM in time.
        KVM_WORKS,
        /// `STASIS_ACCEL` says so.
        FORCED,
        /// There is no `/dev/kvm`.
        NO_DEVICE,
        /// This user may not open `/dev/kvm`.
        NO_PERMISSION,
        /// KVM is there, but the payload did not get far in time: kernel code is interpreted.
        TOO_SLOW,
        /// QEMU could not run the payload under KVM.
        QEMU_FAILED
    }
}
