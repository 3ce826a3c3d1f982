package dev.stasis;

/// How a {@link Pool} is filled. For one thread.
public final class PoolBuilder {
    private static final int MOST_AT_ONCE = 64;

    private int atOnce = 1;
    private ByteSize spared = ByteSize.ofMebibytes(512);

    /// Made by Stasis.
    public PoolBuilder() {}

    /// How many clones are made at the same time, which is how many processors filling takes at
    /// most; 1 unless said otherwise. While a fork is being made, filling waits.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} unless it is 1 to 64
    public PoolBuilder atOnce(int count) {
        if (count < 1 || count > MOST_AT_ONCE) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "A pool can't make %d clones at once: give 1 to %d"
                            .formatted(count, MOST_AT_ONCE));
        }
        atOnce = count;
        return this;
    }

    /// How much of this computer's memory is left free: no clone is made while less is available;
    /// 512 MiB unless said otherwise.
    public PoolBuilder spareMemory(ByteSize memory) {
        spared = memory;
        return this;
    }

    /// What was said so far.
    public PoolSettings build() {
        return new PoolSettings(atOnce, spared);
    }
}
