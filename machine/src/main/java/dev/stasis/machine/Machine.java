package dev.stasis.machine;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.Lifetime;
import dev.stasis.PublishedPort;
import dev.stasis.StasisException;
import dev.stasis.linux.Flock;
import dev.stasis.machine.MachineState.Operation;
import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpException;
import dev.stasis.machine.qmp.QmpException.Kind;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A QEMU process. It can be found again by any process of the same user, through its run folder.
///
/// Operations may come from any thread, one at a time: whoever holds the sandbox's lock. Each takes
/// a deadline and throws a {@link StasisException} that says what was found: with {@link
/// ErrorCode#MACHINE_FAILED} how a machine ended that is gone, with {@link ErrorCode#WRONG_STATE}
/// what state it is in instead.
public final class Machine implements AutoCloseable {
    private static final Duration POLITE = Duration.ofSeconds(5);
    private static final Duration RETRY = Duration.ofMillis(1);
    private static final String NEW_LAYER = "given a new disk layer";
    private static final byte DETACH = 'D';
    private static final byte LIMIT = 'L';

    private final MachineFiles files;
    private final MachineProcesses processes;
    private final Monitor monitor;
    private final MemoryAccess access;
    private final @Nullable OutputStream owner;

    /// Known for as long as the monitor is held, where nobody else changes it.
    private boolean standsStill;

    Machine(
            MachineFiles files,
            MachineProcesses processes,
            MemoryAccess access,
            @Nullable OutputStream owner) {
        this.files = files;
        this.processes = processes;
        this.monitor = new Monitor(files);
        this.access = access;
        this.owner = owner;
    }

    /// Starts a fresh machine.
    ///
    /// @return running
    public static Machine boot(MachineSpec spec, Duration atMost) {
        return new MachineStart(spec, MemoryAccess.configured(), Deadline.in(atMost)).boot();
    }

    /// Continues a captured machine as a new one.
    ///
    /// @param spec what the captured machine was, by {@link MachineIdentity}; with a disk overlay
    ///   of its own above the captured disk
    /// @param memory what {@link Capture#memory} wrote
    /// @param devices what {@link Capture#devices} wrote
    /// @return loaded, and paused until {@link #resume}; its monitor is held until then, see {@link
    ///   #hold}
    public static Machine restore(
            MachineSpec spec, Map<String, RamImage> memory, Path devices, Duration atMost) {
        return restore(spec, memory, devices, atMost, MemoryAccess.configured());
    }

    static Machine restore(
            MachineSpec spec,
            Map<String, RamImage> memory,
            Path devices,
            Duration atMost,
            MemoryAccess access) {
        var machine = new MachineStart(spec, access, Deadline.in(atMost)).restore(memory, devices);
        machine.standsStill = true;
        return machine;
    }

    /// Finds a machine that lives, whoever started it.
    ///
    /// @return empty when none lives there
    public static Optional<Machine> find(MachineFiles files) {
        return find(files, MemoryAccess.configured());
    }

    static Optional<Machine> find(MachineFiles files, MemoryAccess access) {
        return isAlive(files)
                ? processes(files).map(found -> new Machine(files, found, access, null))
                : Optional.empty();
    }

    /// Whether a machine lives in a run folder.
    public static boolean isAlive(MachineFiles files) {
        try {
            return Flock.isHeld(files.lock());
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "Whether a machine lives can't be found out", e);
        }
    }

    /// Waits until no machine lives in a run folder.
    ///
    /// @return whether that came to be in time
    public static boolean awaitEnd(MachineFiles files, Duration atMost) {
        try {
            return Flock.awaitFree(files.lock(), atMost);
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "Whether a machine has ended can't be found out", e);
        }
    }

    /// How the machine of a run folder ended.
    ///
    /// @return empty while it lives, and when its launcher was killed with it
    public static Optional<MachineEnd> end(MachineFiles files) {
        try {
            return MachineEnd.read(files.end());
        } catch (IOException e) {
            throw new StasisException(ErrorCode.IO_FAILED, files.end() + " can't be read", e);
        }
    }

    /// What can be said of a machine whose files are about to be removed: how it ended, if it did,
    /// and the last lines of QEMU and of the guest's console.
    public static String lastWords(MachineFiles files) {
        return end(files).map(end -> "it has ended: " + end).orElse("it has not ended")
                + LogTail.of(files.qemuLog())
                + LogTail.of(files.consoleLog());
    }

    /// Which ports of this computer lead into the machine of a run folder.
    public static List<PublishedPort> ports(MachineFiles files) {
        try {
            return PortList.read(files.ports());
        } catch (IOException e) {
            throw new StasisException(ErrorCode.IO_FAILED, files.ports() + " can't be read", e);
        }
    }

    /// Its monitor, for what else is done by it while a machine starts.
    Monitor monitor() {
        return monitor;
    }

    static Optional<MachineProcesses> processes(MachineFiles files) {
        try {
            return MachineProcesses.read(files.processes());
        } catch (IOException e) {
            throw new StasisException(ErrorCode.IO_FAILED, files.processes() + " can't be read", e);
        }
    }

    /// Where its sockets and logs are.
    public MachineFiles files() {
        return files;
    }

    /// The process number of QEMU.
    public long pid() {
        return processes.qemu().pid();
    }

    ProcessId qemu() {
        return processes.qemu();
    }

    /// Whether it still lives.
    public boolean isAlive() {
        return isAlive(files);
    }

    /// What it is doing.
    public MachineStatus status(Duration atMost) {
        if (!isAlive()) {
            return new MachineStatus(MachineState.ENDED, monitor.endAndLog());
        }
        var word = monitor.run("asked for its state", atMost, Monitor::status);
        return new MachineStatus(MachineState.ofQemu(word), word);
    }

    /// Lets its CPUs stand still. Does nothing to a machine that does already.
    public void pause(Duration atMost) {
        monitor.run(
                "paused",
                atMost,
                (qmp, deadline) -> {
                    var _ = Monitor.state(qmp, deadline).after(Operation.PAUSE);
                    return qmp.execute("stop", Map.of(), deadline.left());
                });
    }

    /// Lets its CPUs go on. Does nothing to a running machine. The monitor is held no longer.
    public void resume(Duration atMost) {
        try (monitor) {
            monitor.run(
                    "resumed",
                    atMost,
                    (qmp, deadline) -> {
                        if (!standsStill) {
                            var _ = Monitor.state(qmp, deadline).after(Operation.RESUME);
                        }
                        return goOn(qmp, deadline);
                    });
        } finally {
            standsStill = false;
        }
    }

    /// Keeps QEMU's monitor open from one operation of this object to the next, which saves
    /// milliseconds. It serves one at a time: operations of others wait, those of this process too.
    /// Until {@link #resume} or {@link #close}.
    public void hold(Duration atMost) {
        monitor.hold("asked", atMost);
    }

    /// Right after a device state was loaded QEMU may still be busy with it, and refuses.
    private static Object goOn(QmpClient qmp, Deadline deadline) throws QmpException {
        while (true) {
            try {
                return qmp.execute("cont", Map.of(), deadline.left());
            } catch (QmpException e) {
                boolean tooEarly =
                        e.kind() == Kind.REFUSED && e.description().contains("not finalized");
                if (!tooEarly || deadline.passed()) {
                    throw e;
                }
                LockSupport.parkNanos(RETRY.toNanos());
            }
        }
    }

    /// Writes down the state of the machine but for its disk: it is paused by it and stays so.
    /// After a failure it is paused and intact, and none of the requested files exists.
    public Capture capture(CaptureRequest request, Duration atMost) {
        return capture(request, CaptureAhead.nothing(), () -> {}, atMost);
    }

    /// Writes down the whole state of the machine, see {@link #capture(CaptureRequest, Duration)}.
    ///
    /// @param ahead what was done for this request while the machine ran
    /// @param last run just before the machine stands still, when all that can be done before is
    public Capture capture(
            CaptureRequest request, CaptureAhead ahead, Runnable last, Duration atMost) {
        var captured =
                monitor.run(
                        "captured",
                        atMost,
                        (qmp, deadline) -> {
                            var _ = Monitor.state(qmp, deadline).after(Operation.CAPTURE);
                            return new Capturing(processes.qemu(), access, qmp, deadline)
                                    .run(request, ahead, last);
                        });
        standsStill = monitor.isHeld();
        return captured;
    }

    /// Does what can be done of a capture while the machine runs. Where the kernel can't note what
    /// is written, that is nothing.
    ///
    /// @param request what will be captured; the folder of its memory takes what is written ahead
    /// @param known the blocks of memory of which the kernel has noted what was written since the
    ///   request's bases: those that were {@link CaptureAhead#tracked} in the capture that made
    ///   them. Once this was called, nothing is known unless that capture is made
    /// @return for that capture; the caller closes it
    public CaptureAhead captureAhead(CaptureRequest request, Set<String> known, Duration atMost) {
        return monitor.run(
                "captured ahead",
                atMost,
                (qmp, deadline) ->
                        CaptureAhead.of(access, processes.qemu(), request, known, qmp, deadline));
    }

    /// Opens a new disk layer in the machine, running or paused, so that little is left to do for
    /// {@link #useOverlay}. One that is open already stays so.
    ///
    /// @param overlay exists, with the present layer as its backing file
    /// @param below how many layers there will be below it
    public OpenOverlay openOverlay(Path overlay, int below, Duration atMost) {
        return monitor.run(
                NEW_LAYER,
                atMost,
                (qmp, deadline) -> {
                    var _ = Monitor.state(qmp, deadline).after(Operation.ADD_OVERLAY);
                    return new BlockNodes(qmp, deadline).open(overlay.toAbsolutePath(), below);
                });
    }

    /// Lets the machine, running or paused, write to a new disk layer from now on. It does not
    /// touch the file of the layer before again.
    public void useOverlay(OpenOverlay overlay, Duration atMost) {
        monitor.run(
                NEW_LAYER, atMost, (qmp, deadline) -> new BlockNodes(qmp, deadline).use(overlay));
    }

    /// How many disk layers lie below the one that the machine writes to. Each makes it slower to
    /// add another one.
    public int layersBelow(Duration atMost) {
        return monitor.run(
                "asked for its disk",
                atMost,
                (qmp, deadline) -> new BlockNodes(qmp, deadline).below());
    }

    /// Lets the machine, running or paused, read what it has not written from other files than
    /// those that it has open, and closes these. A failure leaves everything as it was.
    ///
    /// @param files hold the same, as fewer layers, the uppermost first
    /// @return how many layers it has closed
    public int replaceLayersBelow(List<Path> files, Duration atMost) {
        return monitor.run(
                "put on other disk layers",
                atMost,
                (qmp, deadline) -> {
                    var _ = Monitor.state(qmp, deadline).after(Operation.ADD_OVERLAY);
                    return new BlockNodes(qmp, deadline).replaceBeneath(files);
                });
    }

    /// Closes a disk layer that was opened and is not used; does nothing when it is not open.
    public void closeOverlay(Path overlay, Duration atMost) {
        monitor.run(
                "rid of a disk layer",
                atMost,
                (qmp, deadline) -> {
                    new BlockNodes(qmp, deadline).close(overlay.toAbsolutePath());
                    return overlay;
                });
    }

    /// Lets the disk of the machine, running or paused, become larger. The guest hears of it when
    /// it runs; its file system stays as it is until the guest lets it grow.
    ///
    /// @param size the new size, in whole sectors; at least the present one
    public void growDisk(ByteSize size, Duration atMost) {
        monitor.run(
                "given a larger disk",
                atMost,
                (qmp, deadline) -> {
                    var _ = Monitor.state(qmp, deadline).after(Operation.GROW_DISK);
                    return new BlockNodes(qmp, deadline).grow(size);
                });
    }

    /// The file that QEMU really writes the disk to.
    ///
    /// @return empty when the machine has no disk
    public Optional<Path> activeDisk(Duration atMost) {
        return monitor.run(
                "asked for its disk",
                atMost,
                (qmp, deadline) -> new BlockNodes(qmp, deadline).activeFile());
    }

    /// Ends it, whatever it is doing, and waits until it is gone.
    public void kill(Duration atMost) {
        var deadline = Deadline.in(atMost);
        processes.launcher().handle().ifPresent(ProcessHandle::destroy);
        try {
            if (!Flock.awaitFree(files.lock(), deadline.leftAtMost(POLITE))) {
                processes.launcher().handle().ifPresent(ProcessHandle::destroyForcibly);
            }
            processes.qemu().handle().ifPresent(ProcessHandle::destroyForcibly);
            if (!Flock.awaitFree(files.lock(), deadline.left()) || !awaitQemuEnd(deadline)) {
                throw new StasisException(
                        ErrorCode.DEADLINE_EXCEEDED,
                        "The machine in "
                                + files.run()
                                + " (QEMU "
                                + pid()
                                + ") was killed and has not ended within "
                                + deadline);
            }
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "Whether a machine has ended can't be found out", e);
        }
    }

    private boolean awaitQemuEnd(Deadline deadline) {
        while (processes.qemu().isAlive()) {
            if (deadline.passed()) {
                return false;
            }
            LockSupport.parkNanos(RETRY.toNanos());
        }
        return true;
    }

    /// Says how long it may live from now on; its launcher sees to that, whatever becomes of this
    /// process. Only for a machine that this process started and has not detached.
    ///
    /// @param lifetime how long
    /// @param stopSignal asks its processes to end then
    /// @param inUse a lock that is held by whoever works on it, beside those of its lanes
    public void limit(Lifetime lifetime, int stopSignal, Path inUse) {
        if (owner == null) {
            throw new IllegalStateException("Only who started a machine can limit its life");
        }
        var text =
                "%d %d %d%n%s%n"
                        .formatted(
                                lifetime.idle().map(Duration::toMillis).orElse(0L),
                                lifetime.longest().map(Duration::toMillis).orElse(0L),
                                stopSignal,
                                inUse);
        try {
            Files.writeString(files.lifetime(), text);
            owner.write(LIMIT);
            owner.flush();
        } catch (IOException e) {
            throw monitor.ended("limited", e);
        }
    }

    /// Leaves an attached machine on its own: it no longer ends with this process.
    public void detach() {
        if (owner == null) {
            return;
        }
        try {
            owner.write(DETACH);
            owner.flush();
        } catch (IOException e) {
            throw monitor.ended("detached", e);
        }
    }

    /// Lets go of it. An attached machine that was not detached ends, as if its owner had; any
    /// other lives on. A second call does nothing.
    @Override
    public void close() {
        standsStill = false;
        monitor.close();
        if (owner == null) {
            return;
        }
        try {
            owner.close();
        } catch (IOException e) {
            System.getLogger(Machine.class.getName())
                    .log(System.Logger.Level.DEBUG, "the launcher is gone already", e);
        }
    }
}
