package dev.stasis.local;

import dev.stasis.ByteSize;
import dev.stasis.Network;
import dev.stasis.SandboxMetrics;
import dev.stasis.SandboxState;
import dev.stasis.StasisException;
import dev.stasis.guest.GuestCommands;
import dev.stasis.guest.GuestMetrics;
import dev.stasis.machine.Machine;
import dev.stasis.store.SandboxRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// What one sandbox has used and uses, as this computer and its guest count it.
record Metering(Place place) {
    private static final Duration CONNECT = Duration.ofSeconds(10);

    SandboxMetrics measure() {
        var record = place.record();
        return new SandboxMetrics(Instant.now(), host(), guest(record));
    }

    private SandboxMetrics.Host host() {
        var usage = new Usage(place);
        var memory = usage.memory();
        var cpu =
                Machine.find(place.machineFiles())
                        .flatMap(machine -> ProcessHandle.of(machine.pid()))
                        .flatMap(process -> process.info().totalCpuDuration())
                        .orElse(Duration.ZERO);
        return new SandboxMetrics.Host(
                cpu, size(memory, "Rss"), size(memory, "Pss"), usage.measure());
    }

    private static ByteSize size(Map<String, ByteSize> memory, String name) {
        return memory.getOrDefault(name, new ByteSize(0));
    }

    private Optional<SandboxMetrics.Guest> guest(SandboxRecord record) {
        if (new Listing(place.home()).condition(record).state() != SandboxState.RUNNING) {
            return Optional.empty();
        }
        try (var lane = place.lanes().acquire(CONNECT)) {
            var told = new GuestCommands(lane.connection()).metrics();
            return Optional.of(guest(told, UserNetwork.of(record.setup())));
        } catch (StasisException e) {
            System.getLogger(Metering.class.getName())
                    .log(System.Logger.Level.DEBUG, "the guest's numbers are not known", e);
            return Optional.empty();
        }
    }

    private static SandboxMetrics.Guest guest(GuestMetrics told, Network network) {
        var memory = told.memory();
        var disk = told.disk();
        var traffic = new SandboxMetrics.Traffic(told.network().received(), told.network().sent());
        var commands = told.commands();
        return new SandboxMetrics.Guest(
                new SandboxMetrics.Cpu(told.cpu().user(), told.cpu().system()),
                new SandboxMetrics.Memory(memory.users(), memory.total(), memory.available()),
                new SandboxMetrics.Disk(
                        new ByteSize(Math.max(0, disk.size().bytes() - disk.free().bytes())),
                        disk.size(),
                        disk.read(),
                        disk.written()),
                network == Network.NONE ? Optional.empty() : Optional.of(traffic),
                new SandboxMetrics.Execs(commands.started(), commands.running(), commands.failed()),
                told.uptime());
    }
}
