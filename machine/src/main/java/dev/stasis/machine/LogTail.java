package dev.stasis.machine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// The end of a log, for error messages.
final class LogTail {
    private static final int BYTES = 1500;
    private static final int LINES = 6;

    private LogTail() {}

    /// A sentence with the last lines, to be put behind another.
    static String of(Path log) {
        try {
            var last = last(log);
            return last.isEmpty()
                    ? "; nothing is in " + log
                    : "; the last lines of " + log + ": " + String.join(" | ", last);
        } catch (IOException e) {
            return "; there is no " + log;
        }
    }

    /// The same of a log that is about to go.
    static String ofGone(Path log) {
        try {
            var last = last(log);
            return last.isEmpty()
                    ? ", and said nothing"
                    : "; the last that it said: " + String.join(" | ", last);
        } catch (IOException e) {
            return "";
        }
    }

    private static List<String> last(Path log) throws IOException {
        try (var channel = FileChannel.open(log, StandardOpenOption.READ)) {
            var bytes = ByteBuffer.allocate(BYTES);
            channel.read(bytes, Math.max(0, channel.size() - BYTES));
            var text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
            List<String> lines = printable(text).strip().lines().toList();
            return lines.subList(Math.max(0, lines.size() - LINES), lines.size());
        }
    }

    private static String printable(String text) {
        return text.replaceAll("[\\p{Cntrl}&&[^\\n]]", "?");
    }
}
