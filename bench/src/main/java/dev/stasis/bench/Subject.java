package dev.stasis.bench;

import dev.stasis.ByteSize;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// What kind of guest something was measured on.
///
/// @param memory its RAM
/// @param percent how much of that is in use
/// @param load what it is doing
/// @param forks how many forks of it were alive; 0 where that does not matter
record Subject(ByteSize memory, int percent, Load load, int forks) {
    /// The guest that the ratios are of.
    static final Subject MAIN = idle(1024, 40);

    private static final int PERCENT = 100;

    /// What a guest is doing.
    enum Load {
        IDLE,
        /// A process writes to memory all the time.
        BUSY
    }

    static Subject idle(long mebibytes, int percent) {
        return new Subject(ByteSize.ofMebibytes(mebibytes), percent, Load.IDLE, 0);
    }

    Subject busy() {
        return new Subject(memory, percent, Load.BUSY, forks);
    }

    Subject withForks(int alive) {
        return new Subject(memory, percent, load, alive);
    }

    /// How much of its memory is to be in use.
    ByteSize inUse() {
        return ByteSize.ofMebibytes(memory.mebibytes() * percent / PERCENT);
    }

    /// For the JSON report.
    Map<String, Object> parameters() {
        var parameters = new LinkedHashMap<String, Object>();
        parameters.put("memoryMiB", memory.mebibytes());
        parameters.put("inUsePercent", percent);
        parameters.put("load", load.name().toLowerCase(Locale.ROOT));
        if (forks > 0) {
            parameters.put("forks", forks);
        }
        return parameters;
    }

    @Override
    public String toString() {
        return memory
                + ", "
                + percent
                + " % in use, "
                + load.name().toLowerCase(Locale.ROOT)
                + (forks > 0 ? ", " + forks + " forks" : "");
    }
}
