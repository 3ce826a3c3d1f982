package dev.stasis.machine;

import dev.stasis.Accelerator;

class EmulatedMachineTest extends MachineLifeContract {
    @Override
    Accelerator accelerator() {
        return Accelerator.TCG;
    }
}
