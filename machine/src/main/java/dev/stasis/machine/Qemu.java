package dev.stasis.machine;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.file.Path;
import java.util.Map;

/// The QEMU that is used.
///
/// @param executable `qemu-system-x86_64`, absolute
/// @param version what it says it is
/// @param fingerprint changes when the file does: its size and time of modification
public record Qemu(Path executable, QemuVersion version, String fingerprint) {
    /// Names the executable, instead of looking for it on the `PATH`.
    public static final String VARIABLE = "STASIS_QEMU";

    /// Finds it: what `STASIS_QEMU` names, else `qemu-system-x86_64` on the `PATH`.
    ///
    /// @param cache a folder that keeps the version, so that QEMU need not be asked each time;
    ///   created if need be
    /// @throws StasisException with {@link ErrorCode#PROGRAM_MISSING} that lists what was tried
    public static Qemu find(Path cache) {
        return find(System.getenv(), cache);
    }

    static Qemu find(Map<String, String> environment, Path cache) {
        return new QemuSearch(environment, new SmallCache(cache)).find();
    }
}
