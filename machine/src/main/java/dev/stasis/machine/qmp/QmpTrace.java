package dev.stasis.machine.qmp;

import java.util.ArrayDeque;
import java.util.Deque;

/// The last messages of a connection, shortened, for error messages. Thread-safe.
final class QmpTrace {
    private static final int MESSAGES = 6;
    private static final int CHARACTERS = 240;

    private final Deque<String> last = new ArrayDeque<>();

    void sent(String text) {
        add("sent " + text);
    }

    void received(String text) {
        add("received " + text);
    }

    private synchronized void add(String text) {
        String line = text.strip();
        last.addLast(
                line.length() <= CHARACTERS
                        ? line
                        : line.substring(0, CHARACTERS) + "… (" + line.length() + " characters)");
        if (last.size() > MESSAGES) {
            last.removeFirst();
        }
    }

    @Override
    public synchronized String toString() {
        return String.join("; ", last);
    }
}
