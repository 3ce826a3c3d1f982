package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.guest.AgentCall;
import dev.stasis.guest.AgentConnection;
import dev.stasis.guest.GuestIdentity;
import dev.stasis.guest.HookEnd;
import dev.stasis.store.SandboxRecord;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a guest's agent is asked for around a capture, a pause and a restore. The sandbox's lock is
/// held meanwhile: its control lane serves one process at a time.
final class GuestControl {
    private static final System.Logger LOG = System.getLogger(GuestControl.class.getName());
    private static final Duration FREEZE = Duration.ofSeconds(5);
    private static final Duration CONNECT = Duration.ofSeconds(20);
    private static final Duration HOOK = Duration.ofSeconds(20);
    private static final int ENTROPY_BYTES = 64;

    private final Place place;

    GuestControl(Place place) {
        this.place = place;
    }

    /// Waits until the agent of a machine that was just started answers.
    AgentConnection connect(Duration longest) {
        return place.lanes().control(longest);
    }

    /// Freezes the users' processes and flushes the guest's disk, so that little is left to do
    /// while the machine stands still.
    ///
    /// @return whether they stand still; a guest that does not answer is captured and paused as it
    ///   is
    boolean freeze() {
        try (var freezing = freezing()) {
            return freezing.freeze();
        }
    }

    /// Begins to flush the guest's disk, and gets ready to freeze the users' processes.
    Freezing freezing() {
        try {
            var agent = connect(CONNECT);
            boolean begun = false;
            try {
                var flush = agent.beginSync();
                begun = true;
                return new Freezing(agent, flush);
            } finally {
                if (!begun) {
                    agent.close();
                }
            }
        } catch (StasisException e) {
            couldNotFreeze(e);
            return new Freezing(null, null);
        }
    }

    private void couldNotFreeze(StasisException e) {
        if (e.code() != ErrorCode.AGENT_FAILED && e.code() != ErrorCode.DEADLINE_EXCEEDED) {
            throw e;
        }
        LOG.log(
                System.Logger.Level.WARNING,
                "The processes in sandbox "
                        + place.name()
                        + " could not be frozen: "
                        + e.getMessage());
    }

    /// About to freeze the users' processes. For one thread.
    final class Freezing implements AutoCloseable {
        private @Nullable AgentConnection agent; // null once it can't be asked
        private @Nullable AgentCall flush;

        private Freezing(@Nullable AgentConnection agent, @Nullable AgentCall flush) {
            this.agent = agent;
            this.flush = flush;
        }

        /// Waits until the disk is flushed.
        void awaitFlushed() {
            var begun = flush;
            if (begun == null) {
                return;
            }
            flush = null;
            try {
                begun.await();
            } catch (StasisException e) {
                close();
                agent = null;
                couldNotFreeze(e);
            }
        }

        /// Freezes them, once the disk is flushed.
        ///
        /// @return whether they stand still; a guest that does not answer is taken as it is
        boolean freeze() {
            awaitFlushed();
            if (agent == null) {
                return false;
            }
            try {
                agent.freeze(FREEZE);
                return true;
            } catch (StasisException e) {
                couldNotFreeze(e);
                return false;
            }
        }

        /// Lets them go on after the machine stood still: see {@link GuestControl#goOn}.
        void goOn() {
            if (agent == null || !agent.isOpen()) {
                GuestControl.this.goOn();
            } else {
                GuestControl.goOn(agent);
            }
        }

        @Override
        public void close() {
            if (agent != null) {
                agent.close();
            }
        }
    }

    /// Lets frozen processes go on in a guest that never stood still.
    void thaw() {
        try (var agent = connect(CONNECT)) {
            agent.thaw();
        }
    }

    /// Gives a guest that was just started its name, its environment, the time and entropy of its
    /// own, and tells it that it is another generation. Its users' processes stand still until
    /// {@link AgentConnection#thaw} or {@link #becomeFork}.
    ///
    /// @return once it has acknowledged that
    AgentConnection introduce(SandboxRecord sandbox, Duration longest) {
        return place.lanes().control(identity(sandbox), longest);
    }

    /// The same for a guest that has just booted and has its CPUs; its processes may run then.
    void begin(AgentConnection agent, SandboxRecord sandbox) {
        agent.identify(identity(sandbox));
        agent.thaw();
    }

    private static GuestIdentity identity(SandboxRecord sandbox) {
        return GuestIdentity.builder()
                .hostname(sandbox.name())
                .generation(sandbox.run().generation())
                .replaceEnv(sandbox.setup().env())
                .wallClock(Instant.now())
                .entropy(entropy())
                .build();
    }

    /// Lets the users' processes run in a fork that knows who it is, and runs its hook for that.
    void becomeFork(AgentConnection agent) {
        var end = agent.thawFork(HOOK);
        if (end instanceof HookEnd.None) {
            return; // nearly always: Java makes the code of a switch over types anew in each
            // process
        }
        switch (end) {
            case HookEnd.None() -> {}
            case HookEnd.Exited(int code) when code == 0 -> {}
            case HookEnd.Exited(int code) -> warnOfHook("ended with exit code " + code);
            case HookEnd.Signaled(int signal) -> warnOfHook("was ended by signal " + signal);
            case HookEnd.TimedOut(var after) ->
                    warnOfHook(
                            "did not end within %d s and was killed with all that it started"
                                    .formatted(after.toSeconds()));
            case HookEnd.NotStarted(int errno) ->
                    warnOfHook("could not be started: error " + errno);
        }
    }

    private void warnOfHook(String what) {
        LOG.log(
                System.Logger.Level.WARNING,
                "{0} in sandbox {1} {2}; what it printed is in {3}",
                AgentConnection.HOOK,
                place.name(),
                what,
                place.machineFiles().guestLog());
    }

    /// Sets the time and adds entropy after the machine stood still, and lets the users' processes
    /// go on.
    void goOn() {
        try (var agent = connect(CONNECT)) {
            goOn(agent);
        }
    }

    private static void goOn(AgentConnection agent) {
        agent.identify(GuestIdentity.builder().wallClock(Instant.now()).entropy(entropy()).build());
        agent.thaw();
    }

    /// Asks the guest to end its processes and to power off.
    ///
    /// @param signal asks them
    void shutDown(Duration grace, int signal) {
        try (var agent = connect(CONNECT)) {
            agent.shutdown(grace, signal);
        }
    }

    private static byte[] entropy() {
        byte[] bytes = new byte[ENTROPY_BYTES];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }
}
