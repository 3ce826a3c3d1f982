package dev.stasis.local;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.store.Setup;

/// CPUs and memory that a sandbox is to have.
///
/// @param cpus how many
/// @param memory how much
record WantedSize(int cpus, ByteSize memory) {
    private static final System.Logger LOG = System.getLogger(WantedSize.class.getName());

    static WantedSize of(Setup setup) {
        return new WantedSize(setup.cpus(), setup.memory());
    }

    /// Makes sure that a sandbox can be asked for it, and says so when it is more than is good.
    ///
    /// @param what the sandbox or snapshot, for messages
    /// @param setup what that has now
    /// @throws StasisException with {@link ErrorCode#LIMIT_EXCEEDED} or {@link
    ///   ErrorCode#INCOMPATIBLE_SNAPSHOT}
    WantedSize checked(String what, Setup setup) {
        if (cpus == setup.cpus() && memory.bytes() == setup.memory().bytes()) {
            return this;
        }
        var most = setup.most();
        if (most == null) {
            throw new StasisException(
                    ErrorCode.INCOMPATIBLE_SNAPSHOT,
                    "%s comes from an older Stasis, whose machines keep their %d CPUs and %s: create a new sandbox for others"
                            .formatted(what, setup.cpus(), setup.memory()));
        }
        if (cpus > most.cpus()) {
            throw tooMuch(what, cpus + " CPUs", most.cpus() + " at most");
        }
        if (memory.compareTo(most.memory()) > 0) {
            throw tooMuch(what, memory.toString(), most.memory() + " at most");
        }
        checkHost(what);
        return this;
    }

    /// Makes sure that this computer has so much memory.
    void checkHost(String what) {
        var host = HostSize.read();
        if (memory.compareTo(host.memory()) > 0) {
            throw new StasisException(
                    ErrorCode.LIMIT_EXCEEDED,
                    "%s can't have %s: this computer has %s; ask for less"
                            .formatted(what, memory, host.memory()));
        }
        if (cpus > host.cpus()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0} gets {1} CPUs, and this computer has {2}: they take turns",
                    what,
                    cpus,
                    host.cpus());
        }
    }

    private static StasisException tooMuch(String what, String wanted, String possible) {
        return new StasisException(
                ErrorCode.LIMIT_EXCEEDED,
                "%s can't have %s: it was created for %s; ask for less, or create a sandbox with a higher limit"
                        .formatted(what, wanted, possible));
    }
}
