package dev.stasis.guest;

import org.jspecify.annotations.Nullable;

/// The types of frames, with their numbers on the wire.
enum FrameType {
    HELLO(1),
    WELCOME(2),
    CREDIT(3),
    EXEC(16),
    STARTED(17),
    EXEC_FAILED(18),
    STDIN(19),
    STDIN_END(20),
    STDOUT(21),
    STDERR(22),
    EXITED(23),
    SIGNAL(24),
    FREEZE(32),
    THAW(33),
    IDENTITY(34),
    SYNC(35),
    SHUTDOWN(36),
    PING(37),
    CPUS(38),
    MEMORY(39),
    RESOURCES(40),
    FORKED(42),
    GROW_DISK(44),
    OK(48),
    ERROR(49),
    COMMANDS(64),
    ATTACH(65),
    DETACH(66),
    DETACHED(67),
    WINDOW(68),
    METRICS(69),
    FILES(80),
    CONNECT(96),
    CONNECTED(97),
    CONNECT_FAILED(98),
    DATA(99),
    DATA_END(100),
    CLOSED(101),
    RESET(102);

    private static final @Nullable FrameType[] BY_NUMBER = new @Nullable FrameType[256];

    static {
        for (FrameType type : values()) {
            BY_NUMBER[type.number] = type;
        }
    }

    private final int number;

    FrameType(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    /// The type of that number; null when there is none.
    static @Nullable FrameType of(byte number) {
        return BY_NUMBER[Byte.toUnsignedInt(number)];
    }
}
