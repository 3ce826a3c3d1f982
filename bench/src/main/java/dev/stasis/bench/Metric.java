package dev.stasis.bench;

import java.util.Locale;
import java.util.OptionalDouble;

/// What is measured of each {@link Arm}, where it has it.
enum Metric {
    RESTORE_RUNNING("restore: call to running", "ms", 0.2),
    RESTORE_READY("restore: call to handle, identity acknowledged", "ms"),
    RESTORE_FIRST_OUTPUT("restore: call to the first command's output", "ms", 0.5),
    MORE_CPU("restore with more CPUs: beyond a plain one, a CPU (goal: 50)", "ms"),
    MORE_MEMORY("restore with 1 GiB more: beyond a plain one (goal: 250)", "ms"),
    OWN_ANONYMOUS("memory of its own: Anonymous of QEMU", "MiB", 0.1),
    OWN_PRIVATE("memory of its own: Private_*, another fork alive", "MiB", 0.1),
    OWN_ALONE("memory of its own: Private_*, no other fork", "MiB"),
    SOURCE_FIRST("first snapshot of a source that booted", "ms"),
    SOURCE_FIRST_PAUSE("  of that, users' processes stand still", "ms"),
    SOURCE_SECOND("second snapshot of a source that booted, after a change", "ms", 0.15),
    SOURCE_SECOND_PAUSE("  of that, users' processes stand still", "ms"),
    FORK_FIRST("first snapshot of a fork, after a change", "ms", 0.15),
    FORK_FIRST_PAUSE("  of that, users' processes stand still", "ms"),
    FORK_SECOND("second snapshot of a fork, after a change", "ms", 0.15),
    FORK_SECOND_PAUSE("  of that, users' processes stand still", "ms"),
    RESUME("resume after a snapshot", "ms"),
    REWIND_READY("rewind; plain: stop, loadvm and cont in the running QEMU", "ms"),
    REWIND_FIRST_OUTPUT("  and the first command's output", "ms"),
    SAVE_NAMED("saveNamed, after the first snapshot of a source", "ms"),
    CREATE("create by booting; plain: boot until the agent answers", "ms"),
    CREATE_TEMPLATE("create from a template (goal: 0.1 of booting)", "ms"),
    RESTORE_IDLE("  beside it, restore of an idle sandbox (goal: 1.3 of it)", "ms"),
    HISTORY_BYTES("in a line of snapshots: what each takes on disk", "MiB"),
    HISTORY_SNAPSHOT("  taking it, after a change", "ms"),
    HISTORY_SAVE("  saving it under a name", "ms"),
    HISTORY_FIRST_RESTORE("  restore of the newest and the middle one, not cached", "ms"),
    HISTORY_FLAT("  restore of the oldest, which is flat", "ms"),
    HISTORY_MIDDLE("  restore of the middle one, cached (goal: 1.2 of it)", "ms"),
    HISTORY_NEWEST("  restore of the newest, cached (goal: 1.2 of it)", "ms"),
    HISTORY_DELETE("  deleting one in between, with the fold", "ms"),
    HISTORY_GIVEN_BACK("  what that gives back on disk", "MiB"),
    EXEC("a command's round trip, in a warm guest", "ms");

    private final String title;
    private final String unit;
    private final OptionalDouble goal;

    Metric(String title, String unit) {
        this.title = title;
        this.unit = unit;
        this.goal = OptionalDouble.empty();
    }

    Metric(String title, String unit, double goal) {
        this.title = title;
        this.unit = unit;
        this.goal = OptionalDouble.of(goal);
    }

    String title() {
        return title;
    }

    String unit() {
        return unit;
    }

    /// The most that Stasis may take, as a part of what {@link Arm#LOADVM} takes.
    OptionalDouble goal() {
        return goal;
    }

    /// Its name in the JSON report: `restore.running`.
    String key() {
        return name().toLowerCase(Locale.ROOT).replaceFirst("_", ".");
    }
}
