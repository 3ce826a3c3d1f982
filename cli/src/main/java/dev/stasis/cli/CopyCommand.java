package dev.stasis.cli;

import dev.stasis.CopyBuilder;
import dev.stasis.CopyProgress;
import dev.stasis.CopyReport;
import dev.stasis.ErrorCode;
import dev.stasis.Sandbox;
import dev.stasis.SandboxFiles;
import dev.stasis.StasisException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `stasis cp`.
@Command(
        name = "cp",
        description =
                "Copies a file or a tree into a sandbox, out of it, or between sandboxes, with"
                        + " permissions, times, links and holes. NAME:/PATH is a path in a sandbox. What"
                        + " is copied goes into DST if that is a folder, and becomes DST otherwise; a"
                        + " SRC that ends with '/.' stands for what the folder holds. A DST of '-' writes a tar"
                        + " stream, a SRC of '-' unpacks one into the folder DST.")
final class CopyCommand implements Callable<Integer> {
    private static final Pattern IN_SANDBOX = Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]*):(.*)");
    private static final long TELL_NANOS = 200_000_000;

    private final Session session;
    private long told = System.nanoTime();

    @Option(
            names = {"-a", "--archive"},
            description =
                    "Keeps the numbers of owners and groups, and set-user-id bits; on this computer"
                            + " only root can do that. Between sandboxes they are always kept.")
    boolean archive;

    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER[:GROUP]",
            description = "Works in the sandboxes as this user instead of root.")
    @Nullable String user;

    @Option(
            names = {"-q", "--quiet"},
            description = "Says nothing of what was copied.")
    boolean quiet;

    @Parameters(index = "0", paramLabel = "SRC", description = "What is copied.")
    String source = "";

    @Parameters(index = "1", paramLabel = "DST", description = "Where it is copied to.")
    String target = "";

    CopyCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var from = Place.of(source);
        var to = Place.of(target);
        if (to.isStream() && session.terminal().outIsTerminal()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "A tar stream is nothing to be read on a terminal: name a file, or send standard output to a program");
        }
        if (from.sandbox().isEmpty() && to.sandbox().isEmpty()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "Neither '%s' nor '%s' is in a sandbox: write NAME:/PATH for one of them"
                            .formatted(source, target));
        }
        CopyReport report = copy(from, to);
        session.progressEnd();
        report.skipped().forEach(skipped -> session.say("stasis: not copied: " + skipped));
        if (!quiet) {
            session.say(
                    "%d files, %d folders, %d links, %s"
                            .formatted(
                                    report.files(),
                                    report.folders(),
                                    report.links(),
                                    report.bytes()));
        }
        return 0;
    }

    private CopyReport copy(Place from, Place to) {
        if (to.sandbox().isEmpty()) {
            try (var sandbox = open(from)) {
                if (to.isStream()) {
                    return files(sandbox)
                            .exportTar(from.plain(), session.terminal().out(), this::settings);
                }
                Path there = Path.of(to.path());
                String end = end(from, Files.isDirectory(there), Files.exists(there), to);
                return files(sandbox)
                        .copyOut(from.plain(), Path.of(to.plain() + end), this::settings);
            }
        }
        try (var sandbox = open(to)) {
            SandboxFiles there = files(sandbox);
            if (from.isStream()) {
                return there.importTar(session.terminal().in(), to.plain(), this::settings);
            }
            boolean folder = isFolder(there, to.plain());
            String path = to.plain() + end(from, folder, there.exists(to.plain()), to);
            if (from.sandbox().isEmpty()) {
                return there.copyIn(Path.of(from.plain()), path, this::settings);
            }
            try (var other = open(from)) {
                return files(other).copyTo(from.plain(), there, path, this::settings);
            }
        }
    }

    /// What comes behind the target's path.
    private String end(Place from, boolean folder, boolean there, Place to) {
        if (!there && to.meansFolder()) {
            throw new StasisException(
                    ErrorCode.FILE_NOT_FOUND,
                    "'" + target + "' is no folder that is there: make it first");
        }
        if (!folder) {
            if (there && to.meansFolder()) {
                throw new StasisException(
                        ErrorCode.NOT_A_FOLDER, "'" + target + "' is there and is no folder");
            }
            return "";
        }
        return from.meansContents() || from.name().isEmpty() ? "" : "/" + from.name();
    }

    private static boolean isFolder(SandboxFiles files, String path) {
        try {
            return files.stat(path).isFolder();
        } catch (StasisException e) {
            if (e.code() == ErrorCode.FILE_NOT_FOUND || e.code() == ErrorCode.NOT_A_FOLDER) {
                return false;
            }
            throw e;
        }
    }

    private Sandbox open(Place place) {
        return Lookup.sandbox(session, place.sandbox().orElseThrow());
    }

    private SandboxFiles files(Sandbox sandbox) {
        return user == null ? sandbox.files() : sandbox.files().as(user);
    }

    private void settings(CopyBuilder settings) {
        settings.progress(this::tell);
        if (archive) {
            settings.keepOwners();
        }
    }

    private void tell(CopyProgress progress) {
        if (System.nanoTime() - told > TELL_NANOS) {
            told = System.nanoTime();
            session.progress(
                    "copying, %d things, %s".formatted(progress.entries(), progress.bytes()));
        }
    }

    /// One side of a copy.
    ///
    /// @param sandbox the sandbox's name; none = this computer
    /// @param path as it was written, in a sandbox from `/` on
    private record Place(Optional<String> sandbox, String path) {
        static Place of(String text) {
            var in = IN_SANDBOX.matcher(text);
            if (!in.matches()) {
                return new Place(Optional.empty(), text);
            }
            String path = in.group(2);
            return new Place(Optional.of(in.group(1)), path.startsWith("/") ? path : "/" + path);
        }

        /// Whether it stands for a tar stream.
        boolean isStream() {
            return sandbox.isEmpty() && path.equals("-");
        }

        boolean meansContents() {
            return path.equals(".") || path.endsWith("/.");
        }

        boolean meansFolder() {
            return path.endsWith("/") || meansContents();
        }

        /// Without what only says that a folder is meant.
        String plain() {
            String plain = path;
            while (plain.length() > 1 && (plain.endsWith("/") || plain.endsWith("/."))) {
                plain = plain.substring(0, plain.length() - 1);
            }
            return plain;
        }

        /// Its name in its folder; of this computer's `.` and `..` that of the folder they are.
        String name() {
            if (sandbox.isEmpty()) {
                Path name = Path.of(plain()).toAbsolutePath().normalize().getFileName();
                return name == null ? "" : name.toString();
            }
            return plain().substring(plain().lastIndexOf('/') + 1);
        }
    }
}
