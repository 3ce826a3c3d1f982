package dev.stasis.bench;

import dev.stasis.ByteSize;

/// What is run in the guests, the same in all.
final class Guest {
    /// The command whose output is waited for.
    static final String[] COMMAND = {"cat", "/proc/uptime"};

    private Guest() {}

    /// Fills memory with bytes that nobody can compress, share or leave out.
    static String[] fill(ByteSize size) {
        return new String[] {
            "sh",
            "-c",
            "mount -o remount,size=95% /dev/shm"
                    + " && dd if=/dev/urandom of=/dev/shm/in-use bs=1M count="
                    + size.mebibytes()
                    + " 2>/dev/null"
        };
    }

    /// Changes a part of what {@link #fill} has filled.
    static String[] change(ByteSize size) {
        return change(size, 0);
    }

    /// Changes another part of it.
    ///
    /// @param half which half of that size it begins with
    static String[] change(ByteSize size, long half) {
        return new String[] {
            "sh",
            "-c",
            "dd if=/dev/urandom of=/dev/shm/in-use bs=1M conv=notrunc count="
                    + size.mebibytes()
                    + " seek="
                    + half * size.mebibytes() / 2
                    + " 2>/dev/null"
        };
    }
}
