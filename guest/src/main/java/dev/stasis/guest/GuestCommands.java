package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// What an agent knows about all commands of its guest. Thread-safe.
public final class GuestCommands {
    private static final Duration ANSWER = Duration.ofSeconds(15);
    private static final int RECORD_BYTES = 40;
    private static final int MOST = 2048;
    private static final long NANOS = 1_000_000_000L;

    private final AgentConnection connection;

    /// Asks over this connection, which the caller closes.
    public GuestCommands(AgentConnection connection) {
        this.connection = connection;
    }

    /// The commands that run, and those that ended and are kept, the oldest first.
    ///
    /// @throws StasisException with {@link ErrorCode#INCOMPATIBLE_SNAPSHOT} when the agent is too
    ///   old
    public List<GuestCommand> list() {
        connection.require(Feature.KEPT);
        var all = new ArrayList<GuestCommand>();
        while (all.size() <= MOST) {
            int after = all.isEmpty() ? 0 : all.getLast().number();
            byte[] request = FrameWriter.payload(Integer.BYTES, b -> b.putInt(after));
            byte[] answer =
                    connection.call("Listing commands", FrameType.COMMANDS, request, ANSWER);
            if (answer.length == 0) {
                return all;
            }
            var records = ByteBuffer.wrap(answer).order(ByteOrder.LITTLE_ENDIAN);
            while (records.hasRemaining()) {
                var command = record(records);
                if (Integer.compareUnsigned(command.number(), after) <= 0) {
                    throw wrong("numbers that do not rise");
                }
                all.add(command);
            }
        }
        throw wrong("more than " + MOST + " of them");
    }

    /// The numbers that the guest counts.
    ///
    /// @throws StasisException with {@link ErrorCode#INCOMPATIBLE_SNAPSHOT} when the agent is too
    ///   old
    public GuestMetrics metrics() {
        connection.require(Feature.KEPT);
        byte[] answer = connection.call("Counting", FrameType.METRICS, new byte[0], ANSWER);
        if (answer.length < GuestMetrics.NUMBERS * Long.BYTES) {
            throw wrong("too few numbers");
        }
        var numbers = ByteBuffer.wrap(answer).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        var read = new long[GuestMetrics.NUMBERS];
        for (int i = 0; i < read.length; i++) {
            read[i] = Math.max(0, numbers.get(i)); // a guest that lies gets no negative ones shown
        }
        return GuestMetrics.of(read);
    }

    private GuestCommand record(ByteBuffer at) {
        if (at.remaining() < RECORD_BYTES) {
            throw wrong("a record that is cut off");
        }
        int number = at.getInt();
        int pid = at.getInt();
        int kind = at.get();
        int causes = at.get();
        int flags = at.get();
        at.get();
        int value = at.getInt();
        Instant began = time(at.getLong());
        Instant ended = time(at.getLong());
        String id = GuestText.printable(bytes(at), 0);
        if (at.remaining() < Integer.BYTES) {
            throw wrong("a record that is cut off");
        }
        var words = words(bytes(at));
        return new GuestCommand(
                number, id, pid, words, began, ended, end(kind, causes, value), hold(flags));
    }

    private static GuestCommand.Hold hold(int flags) {
        return new GuestCommand.Hold((flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0);
    }

    private GuestCommand.End end(int kind, int causes, int value) {
        return switch (kind) {
            case 0 -> new GuestCommand.Running();
            case 1, 2 ->
                    (causes & 2) != 0
                            ? new GuestCommand.Ended(new CommandEnd.TimedOut())
                            : (causes & 1) != 0
                                    ? new GuestCommand.Ended(new CommandEnd.OutOfMemory())
                                    : new GuestCommand.Ended(
                                            kind == 1
                                                    ? new CommandEnd.Exited(value & 0xFF)
                                                    : new CommandEnd.Signaled(value & 0x7F));
            case 3 -> new GuestCommand.NotExecuted(value);
            default -> throw wrong("a command whose end is of kind " + kind);
        };
    }

    private byte[] bytes(ByteBuffer at) {
        int length = at.getInt();
        if (length < 0 || length > at.remaining()) {
            throw wrong("a text that is cut off");
        }
        var bytes = new byte[length];
        at.get(bytes);
        return bytes;
    }

    /// Each ends with a NUL.
    private static List<String> words(byte[] bytes) {
        var words = new ArrayList<String>();
        for (int from = 0, at = 0; at < bytes.length; at++) {
            if (bytes[at] == 0) {
                words.add(new String(bytes, from, at - from, StandardCharsets.UTF_8));
                from = at + 1;
            }
        }
        return words;
    }

    private static Instant time(long nanos) {
        return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS));
    }

    private StasisException wrong(String what) {
        return new StasisException(
                ErrorCode.AGENT_FAILED,
                connection.address().error("The agent broke the protocol: it told of " + what));
    }
}
