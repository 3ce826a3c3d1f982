package dev.stasis.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.MachineState.Operation;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MachineStateTest {
    private static final Map<Operation, Map<MachineState, MachineState>> POSSIBLE =
            new EnumMap<>(
                    Map.of(
                            Operation.PAUSE,
                            Map.of(
                                    MachineState.RUNNING, MachineState.PAUSED,
                                    MachineState.PAUSED, MachineState.PAUSED,
                                    MachineState.DISK_FULL, MachineState.DISK_FULL),
                            Operation.RESUME,
                            Map.of(
                                    MachineState.RUNNING, MachineState.RUNNING,
                                    MachineState.PAUSED, MachineState.RUNNING,
                                    MachineState.DISK_FULL, MachineState.RUNNING),
                            Operation.CAPTURE,
                            Map.of(
                                    MachineState.RUNNING, MachineState.PAUSED,
                                    MachineState.PAUSED, MachineState.PAUSED),
                            Operation.ADD_OVERLAY,
                            Map.of(
                                    MachineState.RUNNING, MachineState.RUNNING,
                                    MachineState.PAUSED, MachineState.PAUSED)));

    @Test
    void everyOperationIsPossibleInItsStatesAndRefusedInAllOthers() {
        for (var operation : POSSIBLE.keySet()) {
            var possible = POSSIBLE.getOrDefault(operation, Map.of());
            for (var from : MachineState.values()) {
                var to = possible.get(from);
                if (to != null) {
                    assertThat(from.after(operation)).isEqualTo(to);
                } else {
                    assertThatExceptionOfType(StasisException.class)
                            .isThrownBy(() -> from.after(operation))
                            .matches(e -> e.code() == ErrorCode.WRONG_STATE)
                            .withMessageContaining(operation.name())
                            .withMessageContaining(from.name());
                }
            }
        }
    }

    @Test
    void killingIsAlwaysPossible() {
        for (var from : MachineState.values()) {
            assertThat(from.after(Operation.KILL)).isEqualTo(MachineState.ENDED);
        }
    }

    @Test
    void qemusWordsAreUnderstood() {
        assertThat(MachineState.ofQemu("running")).isEqualTo(MachineState.RUNNING);
        assertThat(MachineState.ofQemu("paused")).isEqualTo(MachineState.PAUSED);
        assertThat(MachineState.ofQemu("prelaunch")).isEqualTo(MachineState.PAUSED);
        assertThat(MachineState.ofQemu("inmigrate")).isEqualTo(MachineState.LOADING);
        assertThat(MachineState.ofQemu("io-error")).isEqualTo(MachineState.DISK_FULL);
        assertThat(MachineState.ofQemu("internal-error")).isEqualTo(MachineState.FAILED);
    }
}
