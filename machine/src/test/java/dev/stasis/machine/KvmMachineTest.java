package dev.stasis.machine;

import dev.stasis.Accelerator;
import org.junit.jupiter.api.Tag;

@Tag("kvm")
class KvmMachineTest extends MachineLifeContract {
    @Override
    Accelerator accelerator() {
        return Accelerator.KVM;
    }
}
