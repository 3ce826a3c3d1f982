package dev.stasis;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// A microVM with its disk, its settings and its name. Thread-safe; several processes may use one
/// sandbox at once.
public interface Sandbox extends AutoCloseable {
    /// Its name.
    String name();

    /// Its id, which no other sandbox ever has.
    String id();

    /// What it is and how it is, now.
    ///
    /// @throws StasisException with {@link ErrorCode#SANDBOX_NOT_FOUND} when it was removed
    SandboxInfo info();

    /// What it takes from this computer, now. Costs some milliseconds: the pages of the machine are
    /// counted.
    ///
    /// @throws StasisException with {@link ErrorCode#SANDBOX_NOT_FOUND} when it was removed
    SandboxUsage usage();

    /// What it has used and uses, now: of this computer, and in the guest's own count, for which
    /// its agent is asked. Costs some milliseconds.
    ///
    /// @throws StasisException with {@link ErrorCode#SANDBOX_NOT_FOUND} when it was removed
    SandboxMetrics metrics();

    /// Runs a command and waits for its end; its output is kept in the result. It is killed after
    /// {@link ExecBuilder#DEFAULT_TIMEOUT}.
    ///
    /// @param command the program, looked up in the guest's `PATH` when it has no slash, and its
    ///   arguments
    /// @return how it ended; a command that fails is a result and no exception
    /// @throws StasisException as {@link #exec(Consumer)}
    default ExecResult exec(String... command) {
        return exec(e -> e.command(command));
    }

    /// Runs a command and waits for its end. What it leaves running in the background lives on.
    ///
    /// @param settings says which command, and how
    /// @return how it ended; a command that fails is a result and no exception
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT}, {@link
    ///   ErrorCode#WRONG_STATE} when the sandbox does not run, {@link ErrorCode#OUTPUT_TOO_LARGE},
    ///   {@link ErrorCode#MACHINE_FAILED} when the machine ends meanwhile, or {@link
    ///   ErrorCode#AGENT_FAILED}
    ExecResult exec(Consumer<ExecBuilder> settings);

    /// Runs a script with the guest's `/bin/sh` and waits for its end, as {@link #exec(String...)}.
    ///
    /// @param script what `sh -c` understands
    /// @return how it ended; a script that fails is a result and no exception
    /// @throws StasisException as {@link #exec(Consumer)}
    default ExecResult shell(String script) {
        return exec(e -> e.shell(script));
    }

    /// Starts a command and does not wait for its end: what it does comes as events.
    ///
    /// @param settings says which command, and how; streams for its output can't be given
    /// @return the command; whoever called this closes it. A command that could not be started has
    ///   {@link ExecOutcome.NotStarted} as its only event
    /// @throws StasisException as {@link #exec(Consumer)}, or with {@link
    ///   ErrorCode#INCOMPATIBLE_SNAPSHOT} when the agent in the sandbox's memory is too old for
    ///   what is asked for
    ExecHandle execStream(Consumer<ExecBuilder> settings);

    /// The commands that run in it, whoever started them, and those in the background that have
    /// ended and to whose end nobody was attached, the oldest first. A fork has copies of all that
    /// its source had, with the same ids; nobody is attached to them.
    ///
    /// @throws StasisException with {@link ErrorCode#WRONG_STATE} when the sandbox does not run,
    ///   {@link ErrorCode#INCOMPATIBLE_SNAPSHOT} when its agent is too old, or {@link
    ///   ErrorCode#AGENT_FAILED}
    List<ExecInfo> execs();

    /// Attaches to a command to which nobody is attached. Of one in the background the latest
    /// output that nobody took comes first, up to 128 KiB, and its end if it has ended; of another
    /// one what it writes from now on. Its input goes on if it has one: {@link ExecHandle#stdin()}.
    ///
    /// @param id the command's
    /// @return the command; whoever called this closes it, which does not end the command
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when there is no such
    ///   command, {@link ErrorCode#BUSY} when somebody is attached to it, or as {@link #execs()}
    ExecHandle attach(String id);

    /// What its commands wrote, and when they began and ended, as far as that is kept: the log has
    /// about 16 MiB and loses its beginning first. It can be read for as long as the sandbox
    /// exists, whether or not it has a machine.
    ///
    /// @return the entries, the oldest first; whoever called this closes it
    /// @throws StasisException as {@link #logs(Consumer)}
    default Stream<LogEntry> logs() {
        return logs(_ -> {});
    }

    /// Its logs. A fork has none of its source's: they begin when it is restored.
    ///
    /// @param settings says which, and whether to wait for more
    /// @return the entries, read as they are taken, the oldest first; whoever called this closes
    ///   it, from any thread. It throws {@link ErrorCode#IO_FAILED} when reading fails, and {@link
    ///   ErrorCode#INTERRUPTED} when the thread that waits for more is interrupted
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT}, or {@link
    ///   ErrorCode#SANDBOX_NOT_FOUND} when it was removed
    Stream<LogEntry> logs(Consumer<LogBuilder> settings);

    /// Its files, as root.
    SandboxFiles files();

    /// A path in a `java.nio.file.FileSystem` of the sandbox's files, for everything in
    /// `java.nio.file.Files`. What was opened through it is to be closed; it has nothing else that
    /// needs closing.
    ///
    /// @param path absolute, or taken from `/`
    Path path(String path);

    /// Captures everything: memory, CPU registers, devices and disk. The sandbox stands still from
    /// then on, until {@link #resume()}.
    ///
    /// @return the snapshot; unnamed, it ends with this sandbox
    /// @throws StasisException with {@link ErrorCode#WRONG_STATE} when the sandbox neither runs nor
    ///   is paused, {@link ErrorCode#DISK_FULL}, or {@link ErrorCode#MACHINE_FAILED}; no half
    ///   snapshot is left, and the sandbox is as it was
    Snapshot snapshot();

    /// Captures everything, as {@link #snapshot()} does, and goes on by itself: the users'
    /// processes stand still for a moment only. What can be copied ahead is copied while they run.
    /// A sandbox that is paused is captured and stays so.
    ///
    /// @return the snapshot, which its caller may close
    /// @throws StasisException as {@link #snapshot()}
    Snapshot checkpoint();

    /// Lets the sandbox stand still: no instruction of the guest runs until {@link #resume()}. Does
    /// nothing when it is paused already.
    ///
    /// @throws StasisException with {@link ErrorCode#WRONG_STATE} when the sandbox has no machine
    void pause();

    /// Lets the sandbox go on exactly where it stood, with the right time and fresh entropy. Does
    /// nothing when it runs.
    ///
    /// @throws StasisException with {@link ErrorCode#WRONG_STATE} when the sandbox has no machine
    void resume();

    /// Gives the running sandbox other CPUs and memory, within the limits it was created with.
    /// Memory comes in blocks of 128 MiB, rounded up; of less memory, only what the guest can give
    /// back is taken.
    ///
    /// @param cpus how many CPUs, as many as now for no change
    /// @param memory how much memory, as much as now for no change
    /// @return what the sandbox is then, with the CPUs and the memory that were achieved
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT}, {@link
    ///   ErrorCode#INVALID_SIZE}, {@link ErrorCode#LIMIT_EXCEEDED}, {@link
    ///   ErrorCode#MEMORY_IN_USE}, {@link ErrorCode#WRONG_STATE} when it does not run, or {@link
    ///   ErrorCode#INCOMPATIBLE_SNAPSHOT} when it is one that can't be resized
    SandboxInfo resize(int cpus, ByteSize memory);

    /// Where this computer reaches a port in the sandbox. The address is one to connect to: where
    /// the port listens on all of this computer's addresses, it is that of the loopback.
    ///
    /// @param guestPort the port in the sandbox, which was published
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when it was not, or {@link
    ///   ErrorCode#WRONG_STATE} when the sandbox has no machine
    InetSocketAddress address(int guestPort);

    /// Waits until something in the sandbox takes connections at a port, published or not. It is
    /// tried by connecting.
    ///
    /// @param guestPort the port in the sandbox
    /// @param longest how long to wait
    /// @throws StasisException with {@link ErrorCode#DEADLINE_EXCEEDED} when nothing did in time,
    ///   {@link ErrorCode#WRONG_STATE} when the sandbox does not run, or {@link
    ///   ErrorCode#INCOMPATIBLE_SNAPSHOT} when its agent is too old
    void awaitPort(int guestPort, Duration longest);

    /// Asks the sandbox's agent for a sign of life.
    ///
    /// @return how long the answer took
    /// @throws StasisException with {@link ErrorCode#WRONG_STATE} when the sandbox does not run,
    ///   {@link ErrorCode#DEADLINE_EXCEEDED} or {@link ErrorCode#AGENT_FAILED} when nothing
    ///   answers, or {@link ErrorCode#MACHINE_FAILED} when the machine has ended
    Duration ping();

    /// Waits until the sandbox has no machine any more, however that ends; one that is paused is
    /// waited for as well.
    ///
    /// @param longest how long to wait
    /// @return what the sandbox is then; {@link SandboxInfo#reason()} says how the machine ended
    /// @throws StasisException with {@link ErrorCode#DEADLINE_EXCEEDED}, or {@link
    ///   ErrorCode#SANDBOX_NOT_FOUND} when it was removed
    SandboxInfo awaitEnd(Duration longest);

    /// Puts the sandbox back to a snapshot: memory, processes, disk, CPUs and memory size are those
    /// of the snapshot. It keeps its name, its id and its environment, and runs afterwards,
    /// whatever it did before. The state that it leaves is lost. As in a fork, time and entropy are
    /// new before any process runs, and the guest is told that it is another generation.
    ///
    /// Commands that run in it fail with {@link ErrorCode#REWOUND}. Copies of commands that ran
    /// when the snapshot was taken go on, as in a fork.
    ///
    /// @param snapshot one of this sandbox's line: taken of it, or what it was restored from, or
    ///   one before that
    /// @throws StasisException with {@link ErrorCode#SNAPSHOT_NOT_FOUND}, {@link
    ///   ErrorCode#INVALID_ARGUMENT} when it is not of this line, {@link ErrorCode#WRONG_STATE}
    ///   when the sandbox is attached to somebody else, or a code of {@link
    ///   Snapshot#restore(String)}; the sandbox is as it was then, unless the new machine could not
    ///   be started: then it is stopped, {@link SandboxInfo#reason()} says why, and it can be
    ///   rewound again
    void rewind(Snapshot snapshot);

    /// The same, and keeps the state that it leaves as a snapshot under a name.
    ///
    /// @param snapshot as in {@link #rewind(Snapshot)}
    /// @param keep the name of the new snapshot
    /// @return the new snapshot
    /// @throws StasisException as {@link #rewind(Snapshot)}; with {@link ErrorCode#INVALID_NAME},
    ///   {@link ErrorCode#NAME_TAKEN} or {@link ErrorCode#DISK_FULL}, or with {@link
    ///   ErrorCode#WRONG_STATE} when the sandbox has no machine whose state could be kept; the
    ///   sandbox is as it was then
    Snapshot rewind(Snapshot snapshot, String keep);

    /// Ends its processes and its machine: asked first, killed after ten seconds. Its disk and its
    /// snapshots are kept. Does nothing when it has no machine.
    void stop();

    /// Starts a sandbox that has no machine from its disk: boots it, with the settings that it has,
    /// under the same name and id. What was in its memory is lost; nothing runs in it but what is
    /// started now. Its published ports are those that it had. Does nothing when it runs.
    ///
    /// @throws StasisException with {@link ErrorCode#WRONG_STATE} when it is paused or being made,
    ///   or is attached and was not made through this object's process; {@link
    ///   ErrorCode#PORT_TAKEN} when somebody else has one of its ports; it has no machine then, as
    ///   before
    void start();

    /// Stops and starts it.
    ///
    /// @throws StasisException as {@link #start()}
    void restart();

    /// Changes the labels.
    ///
    /// @param change is given the labels as they are
    /// @return what it is then
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when it can't have one of
    ///   them
    SandboxInfo relabel(Consumer<LabelsBuilder> change);

    /// Kills the machine and removes the sandbox with its disk and its unnamed snapshots. Forks
    /// live on. A second call does nothing.
    void remove();

    /// Lets the sandbox live on when this process ends; {@link #close()} no longer removes it.
    ///
    /// @throws StasisException with {@link ErrorCode#WRONG_STATE} when it was not made through this
    ///   object
    void detach();

    /// Removes the sandbox if it is attached and was made through this object; else only releases
    /// what this object holds. A second call does nothing.
    @Override
    void close();
}
