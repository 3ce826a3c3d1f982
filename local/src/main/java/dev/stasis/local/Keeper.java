package dev.stasis.local;

import dev.stasis.Lifetime;
import dev.stasis.machine.Machine;
import dev.stasis.store.Durability;
import dev.stasis.store.SandboxRecord;

/// What ties an attached sandbox to the process that made it: the machine's pipe, whose end the
/// launcher watches, and the ownership of the record. Both go with the process, even by kill -9.
final class Keeper implements AutoCloseable {
    private Machine machine; // guarded by this
    private final Ownership ownership;
    private boolean keeps = true;

    Keeper(Machine machine, Ownership ownership) {
        this.machine = machine;
        this.ownership = ownership;
    }

    /// Whether the sandbox still ends with this process.
    synchronized boolean keeps() {
        return keeps;
    }

    /// Lets the sandbox live on without this process. Does nothing the second time.
    synchronized void detach(Place place) {
        if (!keeps) {
            return;
        }
        try (var _ = place.lock("detach")) {
            var sandboxes = place.home().sandboxes();
            sandboxes.update(sandboxes.get(place.name()).detached(), Durability.UNSYNCED);
            machine.detach();
        }
        close();
    }

    /// Ties the sandbox's new machine to this process instead of the one before, which has ended.
    ///
    /// @return false when the sandbox is not this process's any more
    synchronized boolean takeOver(Machine next) {
        if (keeps) {
            machine.close();
            machine = next;
        }
        return keeps;
    }

    /// Lets the sandbox's machine live no longer than its record says, from now on.
    synchronized void limit(Place place, SandboxRecord record) {
        limit(machine, place, record);
    }

    /// Lets a machine that this process has started live no longer than a record says.
    static void limit(Machine machine, Place place, SandboxRecord record) {
        var lifetime = record.terms().lifetime();
        if (!lifetime.equals(Lifetime.UNLIMITED)) {
            int signal = ImageProgram.of(place.name(), record.setup()).stopSignal();
            machine.limit(lifetime, signal, place.changeLock());
        }
    }

    /// Lets the machine of a sandbox that is still being made live on without this process.
    synchronized void letGo() {
        machine.detach();
        close();
    }

    /// Gives up what this process holds.
    @Override
    public synchronized void close() {
        keeps = false;
        machine.close();
        ownership.close();
    }
}
