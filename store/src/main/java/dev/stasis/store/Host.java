package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.Users;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;

/// What the store has to know about the computer and the process it is in.
///
/// @param environment the environment variables
/// @param uid the user
/// @param bootId the id of this boot of the computer: what was not synced before it is not trusted
/// @param clock what time it is, for what is kept for some time
record Host(Map<String, String> environment, int uid, String bootId, InstantSource clock) {
    Host {
        environment = Map.copyOf(environment);
    }

    /// The real ones.
    static Host current() {
        try {
            return new Host(
                    System.getenv(),
                    Users.effectiveUid(),
                    Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip(),
                    InstantSource.system());
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "/proc can't be read: Stasis needs Linux's /proc", e);
        }
    }
}
