package dev.stasis.bench;

import java.time.Duration;
import java.util.List;

/// How much is measured.
///
/// @param main the guest that the ratios are of
/// @param sizes memory of the guests that every arm is tried on, in mebibytes
/// @param percents how much of it is in use
/// @param fewRuns how often every arm is restored there
/// @param turns how often the arms are restored in turn, at most
/// @param slowEvery in every which turn the slow ones are
/// @param restores how long that may take
/// @param forks how many forks are alive at once
/// @param sources of how many sources snapshots are taken
/// @param changes how many snapshots are taken of one after a change
/// @param large whether of a guest of 4 GiB too
/// @param pauses how long all of that may take
/// @param boots how many sandboxes are booted
/// @param makings how many are made in each other way
/// @param overrides how often overrides are measured
/// @param history how many snapshots of one sandbox there are in the store
/// @param readings how often a snapshot is read whole
/// @param guests how long the guests of all sizes may take
record Extent(
        Subject main,
        List<Long> sizes,
        List<Integer> percents,
        int fewRuns,
        int turns,
        int slowEvery,
        Duration restores,
        List<Integer> forks,
        int sources,
        int changes,
        boolean large,
        Duration pauses,
        int boots,
        int makings,
        int overrides,
        int history,
        int readings,
        Duration guests) {

    /// Everything, in about twenty minutes.
    static Extent full() {
        return new Extent(
                Subject.MAIN,
                List.of(256L, 1024L, 4096L),
                List.of(10, 40, 80),
                2,
                40,
                3,
                Duration.ofSeconds(130),
                List.of(1, 10, 100, 300),
                3,
                10,
                true,
                Duration.ofSeconds(110),
                3,
                20,
                5,
                100,
                5,
                Duration.ofMinutes(6));
    }

    /// The key ratios, in three minutes.
    static Extent quick() {
        return new Extent(
                Subject.MAIN,
                List.of(),
                List.of(),
                1,
                3,
                3,
                Duration.ofSeconds(25),
                List.of(1, 10),
                1,
                4,
                false,
                Duration.ofSeconds(20),
                1,
                4,
                1,
                6,
                5,
                Duration.ZERO);
    }

    /// Whether it is the short one.
    boolean isQuick() {
        return equals(quick());
    }
}
