package dev.stasis.bench;

import java.util.Locale;

/// What is measured of an {@link Arm}, where it has it.
enum Metric {
    RESTORE_RUNNING("restore: call to running", "ms"),
    RESTORE_READY("restore: call to ready (identity acknowledged)", "ms"),
    RESTORE_FIRST_OUTPUT("restore: call to the first command's output", "ms"),
    SNAPSHOT_TOTAL("snapshot: the whole call", "ms"),
    SNAPSHOT_PAUSE("snapshot: users' processes stand still", "ms"),
    SNAPSHOT_DISK("snapshot: what it takes on disk", "MiB"),
    CHANGED_TOTAL("snapshot after a change: the whole call", "ms"),
    CHANGED_PAUSE("snapshot after a change: users' processes stand still", "ms"),
    CHANGED_DISK("snapshot after a change: what it takes on disk", "MiB"),
    FORK_CHANGED_PAUSE("snapshot of a fork after a change: processes stand still", "ms"),
    FORK_FIRST_PAUSE("first snapshot of a fork after a change: processes stand still", "ms"),
    CHECKPOINT_TOTAL("live checkpoint: the whole call", "ms"),
    CHECKPOINT_PAUSE("live checkpoint: users' processes stand still", "ms"),
    RESUME("resume after a snapshot", "ms"),
    MEMORY_PRIVATE("memory of its own of a fork: Private_*", "MiB"),
    MEMORY_PSS("memory of its own of a fork: Pss", "MiB"),
    MEMORY_ANONYMOUS("memory of its own of a fork: Anonymous", "MiB"),
    FORKS_RUNNING("forks a second, to running, two at a time", "1/s"),
    FORKS_READY("forks a second, to ready, two at a time", "1/s"),
    FORKS_ALIVE("forks alive at once", ""),
    SAVE_NAMED("saveNamed, after the first snapshot of a source", "ms"),
    CREATE_BOOT("create by booting", "ms"),
    CREATE_TEMPLATE("create from a template", "ms"),
    RESTORE_IDLE("restore of an idle sandbox, beside it", "ms"),
    MORE_CPU("restore with more CPUs: beyond a plain one, a CPU", "ms"),
    MORE_MEMORY("restore with 1 GiB more: beyond a plain one", "ms"),
    REWIND_READY("rewind", "ms"),
    REWIND_FIRST_OUTPUT("rewind: to the first command's output", "ms"),
    EXEC("a command's round trip, in a warm guest", "ms"),
    CLI_RESTORE("'stasis restore', the whole program", "ms"),
    FILE_WRITE("a file of 64 MiB into a sandbox, as a stream", "MiB/s"),
    FILE_READ("a file of 64 MiB out of a sandbox, as a stream", "MiB/s"),
    TREE_IN("a tree of 20,000 files of 1 KB into a sandbox", "ms"),
    TREE_OUT("a tree of 20,000 files of 1 KB out of a sandbox", "ms"),
    HISTORY_BYTES("in a line of snapshots: what each takes on disk", "MiB"),
    HISTORY_SNAPSHOT("in a line: taking one, after a change", "ms"),
    HISTORY_SAVE("in a line: saving it under a name", "ms"),
    HISTORY_FIRST_RESTORE("in a line: restore of newest and middle, not cached", "ms"),
    HISTORY_FLAT("in a line: restore of the oldest, which is flat", "ms"),
    HISTORY_MIDDLE("in a line: restore of the middle one, cached", "ms"),
    HISTORY_NEWEST("in a line: restore of the newest, cached", "ms"),
    HISTORY_DELETE("in a line: deleting one in between, with the fold", "ms"),
    HISTORY_GIVEN_BACK("in a line: what that gives back on disk", "MiB"),
    FLOOR_SPAWN("QEMU started until its monitor answers", "ms"),
    FLOOR_EXEC("fork and exec of /bin/true", "ms"),
    FLOOR_FSYNC("fsync of 4 KiB", "ms"),
    FLOOR_MEMCPY("copying in memory", "MiB/s"),
    FLOOR_WRITE("copying memory into a new file", "MiB/s"),
    IMAGE_PULL("image: fetching its layers from a registry here", "MiB/s"),
    IMAGE_BUILD("image: checking and building, of what it unpacks to", "MiB/s"),
    IMAGE_WHOLE("image: pulled and built", "ms"),
    IMAGE_LAYERS("image: its layers, compressed", "MiB"),
    IMAGE_DISK("image: what it takes on disk", "MiB"),
    JAVA_PAUSE("garbage collection pauses of this Java", "ms");

    private final String title;
    private final String unit;

    Metric(String title, String unit) {
        this.title = title;
        this.unit = unit;
    }

    String title() {
        return title;
    }

    String unit() {
        return unit;
    }

    /// Its name in the JSON report: `restore.running`.
    String key() {
        return name().toLowerCase(Locale.ROOT).replaceFirst("_", ".");
    }
}
