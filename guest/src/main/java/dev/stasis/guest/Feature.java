package dev.stasis.guest;

/// What an agent may be able to do beyond what the first ones could: the bits of its WELCOME. A
/// guest carries its agent in its memory, so the agent of a snapshot may be older than this host.
public enum Feature {
    /// Using more or fewer of the machine's CPUs, and more or less memory.
    RESIZE(0, "have other CPUs or memory"),
    /// Telling programs that they are in a fork, and taking variables away from one command.
    FORKS(1, "take environment variables away from one command"),
    /// Growing the disk's file system.
    GROW_DISK(2, "let its disk grow"),
    /// Running commands as a user, and ending them by another signal than SIGTERM.
    USERS(3, "run commands as another user than root"),
    /// Limits of what a command may use, and telling which ran out of memory.
    LIMITS(4, "limit what a command may use"),
    /// Commands on a pseudo-terminal.
    TERMINALS(5, "give a command a terminal"),
    /// Commands with ids that live on without their host and are attached to again, and metrics.
    KEPT(6, "keep commands that can be found again"),
    /// Working with the guest's files.
    FILES(7, "let its files be used from outside"),
    /// Connecting to what listens in the guest.
    CONNECT(9, "have ports that lead into it");

    private final int bit;
    private final String text;

    Feature(int bit, String text) {
        this.bit = bit;
        this.text = text;
    }

    /// What a sandbox without it can't do, for messages.
    String text() {
        return text;
    }

    boolean isIn(int features) {
        return (features & 1 << bit) != 0;
    }
}
