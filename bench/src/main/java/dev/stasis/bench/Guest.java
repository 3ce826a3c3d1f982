package dev.stasis.bench;

import dev.stasis.ByteSize;

/// What is run in the guests, the same in all.
final class Guest {
    /// The command whose output is waited for.
    static final String[] COMMAND = {"cat", "/proc/uptime"};

    /// A process that writes to memory all the time, as fast as it can. It has written everything
    /// once when this ends.
    static final String[] BUSY =
            shell(
                    "cat /dev/shm/pattern >/dev/shm/busy;"
                            + " (while :; do cat /dev/shm/pattern 1<>/dev/shm/busy; done)"
                            + " </dev/null >/dev/null 2>&1 &");

    /// A process that writes about 100 MB a second to memory.
    static final String[] WRITER =
            shell(
                    "head -c 12000000 /dev/shm/pattern >/dev/shm/paced;"
                            + " (while :; do cat /dev/shm/paced 1<>/dev/shm/pacing; sleep 0.1; done)"
                            + " </dev/null >/dev/null 2>&1 &");

    private Guest() {}

    /// Fills memory with a pattern until so much of it is in use, what the guest's own programs use
    /// included, or until 64 MiB are left.
    static String[] fill(ByteSize inUse) {
        return shell(
                """
                set -e
                mount -o remount,size=95%% /dev/shm
                cd /dev/shm
                yes 0123456789abcdef | head -c 1048576 >seed
                cat seed seed seed seed seed seed seed seed seed seed seed seed seed seed seed seed >pattern
                rm seed
                total=$(awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo)
                available=$(awk '/^MemAvailable/ {print int($2 / 1024)}' /proc/meminfo)
                missing=$((%d - total + available))
                [ $missing -lt $((available - 64)) ] || missing=$((available - 64))
                : >in-use
                while [ $missing -ge 16 ]; do
                    cat pattern >>in-use
                    missing=$((missing - 16))
                done
                """
                        .formatted(inUse.mebibytes()));
    }

    /// Changes so much memory, another part of it each time.
    ///
    /// @param number which time it is
    static String[] change(ByteSize size, long number) {
        return shell(write("/dev/shm/changing", size, number));
    }

    private static String write(String file, ByteSize size, long number) {
        return "dd if=/dev/urandom of=%s bs=1M conv=notrunc count=%d seek=%d 2>/dev/null"
                .formatted(file, size.mebibytes(), number * size.mebibytes() / 2);
    }

    /// Changes so much memory, and so much of a file on disk, which is in memory too.
    ///
    /// @param number which time it is
    static String[] change(ByteSize memory, ByteSize disk, long number) {
        return shell(
                String.join(
                        " && ",
                        write("/dev/shm/changing", memory, number),
                        write("/root/changing", disk, number),
                        "sync"));
    }

    private static String[] shell(String script) {
        return new String[] {"sh", "-c", script};
    }
}
