package dev.stasis.guest;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.time.Duration;

/// Changes what a guest uses of its machine's CPUs and memory, over a connection that its owner
/// closes. Every call fails as those of the connection do, and with {@link
/// ErrorCode#INCOMPATIBLE_SNAPSHOT} when the agent in the guest's memory is too old for it.
///
/// @param agent the connection
public record GuestSizing(AgentConnection agent) {
    /// Lets as many of the machine's CPUs run.
    public void useCpus(int count) {
        agent.require(Feature.RESIZE);
        byte[] request = FrameWriter.payload(Integer.BYTES, b -> b.putInt(count));
        agent.call("Changing the CPUs", FrameType.CPUS, request, agent.waits().sync());
    }

    /// Brings blocks of memory into use, or takes them out of it, as far as that is possible.
    ///
    /// @param wanted the least that is to be in use afterwards
    /// @param longest how long the agent tries
    public void useMemory(ByteSize wanted, Duration longest) {
        agent.require(Feature.RESIZE);
        byte[] request =
                FrameWriter.payload(
                        Long.BYTES + Integer.BYTES,
                        b -> b.putLong(wanted.bytes()).put(AgentConnection.millis(longest)));
        agent.call(
                "Changing the memory",
                FrameType.MEMORY,
                request,
                longest.plus(agent.waits().answer()));
    }

    /// What the guest has.
    public GuestSize size() {
        return size(0, new ByteSize(0));
    }

    /// What the guest has.
    ///
    /// @param address where a range of memory begins that is looked at on its own
    /// @param length how long that range is
    public GuestSize size(long address, ByteSize length) {
        agent.require(Feature.RESIZE);
        byte[] request =
                FrameWriter.payload(
                        2 * Long.BYTES, b -> b.putLong(address).putLong(length.bytes()));
        byte[] answer =
                agent.call(
                        "Asking for the guest's size",
                        FrameType.RESOURCES,
                        request,
                        agent.waits().answer());
        try {
            return GuestSize.of(answer);
        } catch (IllegalArgumentException e) {
            throw new StasisException(
                    ErrorCode.AGENT_FAILED,
                    agent.address().error("The agent says of the guest's size: " + e.getMessage()),
                    e);
        }
    }
}
