package dev.stasis.machine;

import dev.stasis.ByteSize;
import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpEvent;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Plugs memory into a running machine, and unplugs it. The guest has to take part: it says when it
/// has taken a DIMM, and lets go of one only when none of its memory is in use.
///
/// @param machine the machine
public record MemoryPlug(Machine machine) {
    /// QEMU tells by this event what the guest's firmware interface was told about a DIMM.
    private static final String ANSWER = "ACPI_DEVICE_OST";

    private static final long DONE = 0;

    /// What is plugged.
    public List<Dimm> dimms(Duration atMost) {
        return monitor()
                .run(
                        "asked for its memory",
                        atMost,
                        (qmp, deadline) -> MemoryLayout.of(qmp, deadline).dimms());
    }

    /// Plugs memory that costs this computer nothing until the guest touches it.
    ///
    /// @param number the new DIMM's, that no other one of this machine's line of descent ever had
    /// @param size how much, in whole blocks of the guest's
    /// @return what the guest has taken; empty when it could not, and nothing is plugged then
    public Optional<Dimm> plug(int number, ByteSize size, Duration atMost) {
        return monitor()
                .run(
                        "given more memory",
                        atMost,
                        (qmp, deadline) -> new Plugging(qmp, deadline).plug(number, size));
    }

    /// Unplugs memory that the guest does not use.
    ///
    /// @return whether the guest has let go of it
    public boolean unplug(Dimm dimm, Duration atMost) {
        return monitor()
                .run(
                        "relieved of memory",
                        atMost,
                        (qmp, deadline) -> new Plugging(qmp, deadline).unplug(dimm.name()));
    }

    private Monitor monitor() {
        return new Monitor(machine.files());
    }

    private record Plugging(QmpClient qmp, Deadline deadline) {
        Optional<Dimm> plug(int number, ByteSize size) throws QmpException, IOException {
            var name = Dimm.name(number);
            var block = new MemoryBlock(name, size, 0);
            execute("object-add", QemuCommand.anonymous(block));
            var answered = qmp.expect(event -> isAnswer(event, name));
            add(name);
            var answer = qmp.await(answered, deadline.left(), "the guest to take memory");
            if (answer.data().object("info").number("status") != DONE) {
                unplug(name);
                return Optional.empty();
            }
            return MemoryLayout.of(qmp, deadline).dimms().stream()
                    .filter(dimm -> dimm.number() == number)
                    .findFirst();
        }

        private void add(String name) throws QmpException {
            boolean added = false;
            try {
                execute("device_add", Map.of("driver", "pc-dimm", "id", name, "memdev", name));
                added = true;
            } finally {
                if (!added) {
                    execute("object-del", Map.of("id", name));
                }
            }
        }

        private static boolean isAnswer(QmpEvent event, String name) {
            try {
                return event.name().equals(ANSWER)
                        && event.data().object("info").text("device").equals(name);
            } catch (QmpException e) {
                return false;
            }
        }

        boolean unplug(String name) throws QmpException, IOException {
            var gone = qmp.expect(event -> isEnd(event, name));
            execute("device_del", Map.of("id", name));
            var event = qmp.await(gone, deadline.left(), "the guest to let go of memory");
            if (!event.name().equals("DEVICE_DELETED")) {
                return false;
            }
            execute("object-del", Map.of("id", name));
            return true;
        }

        private static boolean isEnd(QmpEvent event, String name) {
            return switch (event.name()) {
                case "DEVICE_DELETED", "MEM_UNPLUG_ERROR", "DEVICE_UNPLUG_GUEST_ERROR" ->
                        event.data().optionalText("device").filter(name::equals).isPresent();
                default -> false;
            };
        }

        private Object execute(String command, Map<String, ?> arguments) throws QmpException {
            return qmp.execute(command, arguments, deadline.left());
        }
    }
}
