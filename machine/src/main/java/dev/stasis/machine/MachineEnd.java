package dev.stasis.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/// How a machine ended, as its launcher saw it.
public sealed interface MachineEnd {
    /// QEMU ended by itself: the guest switched off or tried to start again, or QEMU gave up.
    ///
    /// @param code its exit code
    record Exited(int code) implements MachineEnd {
        @Override
        public String toString() {
            return "QEMU exited with code " + code;
        }
    }

    /// Somebody else, or the kernel, ended QEMU.
    ///
    /// @param number the signal
    record Signaled(int number) implements MachineEnd {
        private static final int KILL = 9;

        @Override
        public String toString() {
            return "QEMU was ended by signal "
                    + number
                    + (number == KILL ? ", by somebody or for want of memory" : "");
        }
    }

    /// The process that it was attached to is gone.
    record OwnerGone() implements MachineEnd {
        @Override
        public String toString() {
            return "the process that owned it is gone";
        }
    }

    /// Nobody used it for as long as was allowed.
    record Idle() implements MachineEnd {
        @Override
        public String toString() {
            return "nobody used it for as long as its idle timeout says";
        }
    }

    /// It lived for as long as was allowed.
    record TimeOver() implements MachineEnd {
        @Override
        public String toString() {
            return "its maximal duration was over";
        }
    }

    /// It was told to end.
    record Killed() implements MachineEnd {
        @Override
        public String toString() {
            return "it was told to end";
        }
    }

    /// Any other reason that a launcher gives.
    ///
    /// @param reason as written down
    record Other(String reason) implements MachineEnd {
        @Override
        public String toString() {
            return reason;
        }
    }

    /// Reads what a launcher wrote.
    ///
    /// @return empty when it wrote nothing: the machine lives, or its launcher was killed as well
    static Optional<MachineEnd> read(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            var text = new String(in.readNBytes(256), StandardCharsets.UTF_8);
            return Optional.of(parse(text.strip()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static MachineEnd parse(String text) {
        var match = Pattern.compile("(exited|signal) (\\d{1,3})( .*)?").matcher(text);
        if (match.matches()) {
            int number = Integer.parseInt(match.group(2));
            return match.group(1).equals("exited") ? new Exited(number) : new Signaled(number);
        }
        var word = text.split(" ", 2)[0];
        return switch (word) {
            case "owner-gone" -> new OwnerGone();
            case "killed" -> new Killed();
            case "idle" -> new Idle();
            case "max-duration" -> new TimeOver();
            default -> new Other(text);
        };
    }
}
