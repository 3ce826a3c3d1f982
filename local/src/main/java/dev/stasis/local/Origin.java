package dev.stasis.local;

import dev.stasis.machine.Machine;
import dev.stasis.store.SandboxRecord;
import dev.stasis.store.StoreLock;
import java.util.List;
import java.util.function.Supplier;

/// Where the machine of a new sandbox comes from.
sealed interface Origin {
    /// Makes the sandbox's folder with its record.
    ///
    /// @return its lock, held
    StoreLock publish(SandboxRecord record);

    /// Lets the machine run.
    ///
    /// @param undo is given what ends it again
    /// @return what ties it to this process
    Keeper begin(Place place, List<Runnable> undo);

    /// A machine that is started now.
    ///
    /// @param place where
    /// @param start starts it
    record Started(Place place, Supplier<Machine> start) implements Origin {
        @Override
        public StoreLock publish(SandboxRecord record) {
            return place.home().sandboxes().create(record);
        }

        @Override
        public Keeper begin(Place sandbox, List<Runnable> undo) {
            var owner = Ownership.take(sandbox);
            undo.add(owner::close);
            sandbox.home().runtime().create(sandbox.id());
            var keeper = new Keeper(start.get(), owner);
            undo.add(keeper::close);
            return keeper;
        }
    }

    /// A clone out of a pool, which only has to be let go.
    ///
    /// @param ready the clone
    /// @param running told when it runs
    record Pooled(Clone ready, Runnable running) implements Origin {
        @Override
        public StoreLock publish(SandboxRecord record) {
            return ready.place().home().sandboxes().adopt(record);
        }

        @Override
        public Keeper begin(Place sandbox, List<Runnable> undo) {
            undo.add(ready.keeper()::close);
            ready.become(sandbox);
            running.run();
            return ready.keeper();
        }
    }
}
