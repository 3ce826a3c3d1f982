package dev.stasis.guest;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The payload of EXEC and IDENTITY: `u8 tag, u32 length, bytes` one after the other.
final class FieldList {
    private static final int OVERHEAD_BYTES = 5;
    private static final byte[] EMPTY = new byte[0];

    private final List<Field> fields = new ArrayList<>();
    private final Map<String, Long> sizes = new LinkedHashMap<>();
    private long total;

    private FieldList() {}

    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when the command is too big
    static byte[] of(Command command) {
        return of(command, _ -> true);
    }

    /// @param can what the agent can do
    static byte[] of(Command command, Predicate<Feature> can) {
        var list = new FieldList();
        command.arguments().forEach(a -> list.add(1, "arguments", bytes(a)));
        list.addEnvironment(2, command.env().variables());
        list.add(3, "working folder", bytes(command.folder()));
        if (command.user() != null) {
            list.add(4, "user", bytes(command.user()));
        }
        if (command.stdin() instanceof Stdin.None) {
            list.add(5, "stdin", EMPTY);
        }
        if (command.makeFolder() && can.test(Feature.USERS)) {
            list.add(6, "working folder", EMPTY);
        }
        command.env().unset().forEach(name -> list.add(7, "environment", bytes(name)));
        list.addExtras(command.extras(), can);
        return list.encode("The command", "pass large data through its standard input or a file");
    }

    /// @param user whose files; null: root's
    static byte[] ofFiles(@Nullable String user) {
        var list = new FieldList();
        if (user != null) {
            list.add(4, "user", bytes(user));
        }
        return list.encode("The user", "give a shorter name");
    }

    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when the identity is too big
    static byte[] of(GuestIdentity identity) {
        var list = new FieldList();
        if (identity.hostname() != null) {
            list.add(1, "hostname", bytes(identity.hostname()));
        }
        if (identity.wallClock() != null) {
            list.add(2, "clock", nanos(identity.wallClock()));
        }
        byte[] entropy = identity.entropy();
        if (entropy != null) {
            list.add(3, "entropy", entropy);
        }
        list.addEnvironment(4, identity.env());
        if (identity.replaceEnv()) {
            list.add(5, "environment", EMPTY);
        }
        if (identity.generation() != null) {
            list.add(6, "generation", bytes(identity.generation()));
        }
        return list.encode("The sandbox's identity", "give it a smaller environment");
    }

    private void addExtras(Command.Extras extras, Predicate<Feature> can) {
        for (var limit : extras.limits()) {
            byte[] value =
                    FrameWriter.payload(
                            20,
                            b ->
                                    b.putInt(limit.resource())
                                            .putLong(limit.soft())
                                            .putLong(limit.hard()));
            add(8, "limits", value);
        }
        var terminal = extras.terminal();
        if (terminal != null) {
            add(9, "terminal", size(terminal));
        }
        if (extras.id() != null && can.test(Feature.KEPT)) {
            add(10, "id", bytes(extras.id()));
        }
        switch (extras.life()) {
            case WITH_HOST -> {}
            case KEPT -> add(11, "id", EMPTY);
            case APART -> add(13, "id", EMPTY);
        }
        if (extras.timeout() != null) {
            add(12, "timeout", AgentConnection.millis(extras.timeout()));
        }
    }

    /// A terminal's size on the wire.
    static byte[] size(Command.Terminal terminal) {
        return FrameWriter.payload(
                4, b -> b.putShort((short) terminal.rows()).putShort((short) terminal.columns()));
    }

    private void addEnvironment(int tag, Map<String, String> env) {
        env.forEach((name, value) -> add(tag, "environment", bytes(name + "=" + value)));
    }

    private void add(int tag, String kind, byte[] bytes) {
        fields.add(new Field(tag, bytes));
        long size = OVERHEAD_BYTES + (long) bytes.length;
        sizes.merge(kind, size, Long::sum);
        total += size;
    }

    private byte[] encode(String what, String advice) {
        if (total > Frame.MAX_MESSAGE_BYTES) {
            throw new StasisException(ErrorCode.INVALID_ARGUMENT, tooBig(what, advice));
        }
        return FrameWriter.payload(
                (int) total,
                message ->
                        fields.forEach(f ->
                                message.put((byte) f.tag).putInt(f.bytes.length).put(f.bytes)));
    }

    private String tooBig(String what, String advice) {
        var parts = new ArrayList<String>();
        sizes.forEach((kind, size) -> parts.add(kind + " " + size));
        return what
                + " takes "
                + total
                + " bytes ("
                + String.join(", ", parts)
                + "), but "
                + new ByteSize(Frame.MAX_MESSAGE_BYTES)
                + " is the most that can be sent: "
                + advice;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] nanos(Instant time) {
        long nanos =
                Math.addExact(
                        Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L), time.getNano());
        return FrameWriter.payload(Long.BYTES, b -> b.putLong(nanos));
    }

    @SuppressWarnings("ArrayRecordComponent") // private, never compared
    private record Field(int tag, byte[] bytes) {}
}
