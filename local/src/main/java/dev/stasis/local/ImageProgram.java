package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.ExecSettings;
import dev.stasis.ExecSettings.Program;
import dev.stasis.ImageConfig;
import dev.stasis.StasisException;
import dev.stasis.guest.Command;
import dev.stasis.guest.Stdin;
import dev.stasis.store.Setup;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// What an image has to say about the commands that run in it: its program, user, working folder
/// and the signal that ends it. Its variables became the sandbox's when that was made.
record ImageProgram(String sandbox, ImageConfig config) {
    /// SIGTERM.
    private static final int USUAL = 15;

    /// Linux's names of signals by number, from 1.
    private static final List<String> SIGNALS =
            List.of(
                    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1",
                    "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP",
                    "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
                    "PWR", "SYS");

    private static final Map<String, Integer> REAL_TIME = Map.of("RTMIN", 34, "RTMAX", 64);

    static ImageProgram of(String sandbox, Setup setup) {
        return new ImageProgram(sandbox, setup.image().config());
    }

    /// What to run in the guest.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when the image's program is
    ///   wanted and it has none
    Command command(ExecSettings settings) {
        var start = settings.start();
        var own = config.workingDir().startsWith("/") ? config.workingDir() : "/";
        return new Command(
                words(settings),
                settings.env(),
                start.folder().orElse(own),
                start.folder().isEmpty(),
                start.user().or(() -> text(config.user())).orElse(null),
                input(settings),
                Command.Extras.NONE);
    }

    private static Stdin input(ExecSettings settings) {
        var mode = settings.mode();
        return settings.streams()
                .stdin()
                .map(Stdin::from)
                .orElseGet(() ->
                        mode.openStdin() || mode.terminal().isPresent()
                                ? Stdin.piped()
                                : Stdin.none());
    }

    private List<String> words(ExecSettings settings) {
        if (settings.start().program() == Program.GIVEN) {
            return settings.command();
        }
        var words = new ArrayList<>(config.entrypoint());
        words.addAll(settings.command().isEmpty() ? config.cmd() : settings.command());
        if (words.isEmpty()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "The image of sandbox "
                            + sandbox
                            + " has no program of its own: say which command to run");
        }
        return words;
    }

    private static Optional<String> text(String value) {
        return Optional.of(value).filter(text -> !text.isBlank());
    }

    /// The number of the signal that asks its program to end: `SIGTERM`, `TERM`, `15` or
    /// `SIGRTMIN+3`; SIGTERM unless it says another one that there is.
    int stopSignal() {
        var name = config.stopSignal().strip().toUpperCase(Locale.ROOT);
        return number(name.startsWith("SIG") ? name.substring(3) : name).orElse(USUAL);
    }

    private static OptionalInt number(String name) {
        int known = SIGNALS.indexOf(name);
        if (known >= 0) {
            return OptionalInt.of(known + 1);
        }
        int sign = Math.max(name.indexOf('+'), name.indexOf('-'));
        var base = REAL_TIME.get(sign > 0 ? name.substring(0, sign) : name);
        var offset = base == null ? name : sign > 0 ? name.substring(sign) : "0";
        if (!offset.matches("[+-]?[0-9]{1,2}")) {
            return OptionalInt.empty();
        }
        int number = (base == null ? 0 : base) + Integer.parseInt(offset);
        return number >= 1 && number <= 64 ? OptionalInt.of(number) : OptionalInt.empty();
    }
}
