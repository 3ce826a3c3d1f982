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
    EXEC_TRIP("a command's round trip, beside one that runs", "ms"),
    EXEC_ALONE("a command's round trip, that of the lane included", "ms"),
    EXEC_ECHO("an echo by the agent, over the same channel", "ms"),
    EXEC_CAT("an echo by a program that runs in the guest", "ms"),
    EXEC_STDOUT("standard output of a command", "MiB/s"),
    EXEC_STDIN("standard input of a command", "MiB/s"),
    EXEC_MANY("64 commands at once: all of them", "ms"),
    EXEC_STALLED("output that nobody takes: what Java holds more", "MiB"),
    CLI_RESTORE("'stasis restore', the whole program", "ms"),
    FILE_WRITE("a file of 64 MiB into a sandbox, as a stream", "MiB/s"),
    FILE_READ("a file of 64 MiB out of a sandbox, as a stream", "MiB/s"),
    TREE_IN("a tree of 20,000 files of 1 KB into a sandbox", "ms"),
    TREE_OUT("a tree of 20,000 files of 1 KB out of a sandbox", "ms"),
    STORE_SNAPSHOT("of many snapshots: taking one, after a change", "ms"),
    STORE_SAVE("of many snapshots: saving one under a name; fsync of as many bytes", "ms"),
    STORE_FIRST("of many snapshots: what the first takes on disk", "MiB"),
    STORE_MEMORY("of many snapshots: what the memory of each other takes on disk", "MiB"),
    STORE_DISK("of many snapshots: what the disk of each other takes on disk", "MiB"),
    STORE_BYTES("of many snapshots: what all others take; what had changed", "MiB"),
    STORE_FIRST_RESTORE("of many snapshots: restore of newest and middle, not cached", "ms"),
    STORE_FLAT("restore of a single snapshot, which is flat, beside them", "ms"),
    STORE_OLDEST("of many snapshots: restore of the oldest", "ms"),
    STORE_MIDDLE("of many snapshots: restore of the middle one, cached", "ms"),
    STORE_NEWEST("of many snapshots: restore of the newest, cached", "ms"),
    STORE_VERIFY("of many snapshots: verifying the newest; the digest alone", "GB/s"),
    STORE_DELETE("of many snapshots: deleting one in between, with the fold", "ms"),
    STORE_GIVEN_BACK("of many snapshots: what that gives back on disk", "MiB"),
    STORE_DELETE_NEWEST("of many snapshots: deleting the newest", "ms"),
    JUNIT_TEST("a test in a fork, with all between; the same in one warm sandbox", "ms"),
    JUNIT_BODY("a test in a fork: connecting and changing alone", "ms"),
    JUNIT_RESTART("a test after restarting the database", "ms"),
    JUNIT_DUMP("a test after restoring a dump", "ms"),
    JUNIT_FIRST("a run of tests: start to the first test, warmed up anew", "ms"),
    JUNIT_AGAIN("a run of tests: start to the first test, with the kept snapshot", "ms"),
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
