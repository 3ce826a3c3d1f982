package dev.stasis.local;

import dev.stasis.Accelerator;
import dev.stasis.ByteSize;
import dev.stasis.Diagnosis;
import dev.stasis.Diagnosis.Verdict;
import dev.stasis.StasisException;
import dev.stasis.store.Home;
import dev.stasis.store.TemplateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// Looks at everything that Stasis needs here.
final class Doctor {
    private static final ByteSize LITTLE_SPACE = ByteSize.parse("5G");
    private static final Path YAMA = Path.of("/proc/sys/kernel/yama/ptrace_scope");

    private final Home home;
    private final Tools tools;
    private final List<Diagnosis> found = new ArrayList<>();

    Doctor(Home home, Tools tools) {
        this.home = home;
        this.tools = tools;
    }

    List<Diagnosis> examine() {
        ok("Java", Runtime.version() + " on " + System.getProperty("os.arch"));
        check("QEMU", () -> tools.qemu().executable() + ", version " + tools.qemu().version());
        check(
                "Guest files",
                () ->
                        "version "
                                + tools.resources().digest().substring(0, 12)
                                + " in "
                                + home.bootFolder());
        accelerator();
        home();
        memoryAccess();
        templates();
        images();
        network();
        return List.copyOf(found);
    }

    private void accelerator() {
        try {
            var finding = tools.accelerator();
            if (finding.accelerator() == Accelerator.KVM) {
                ok("Accelerator", "KVM: " + finding.explanation());
            } else {
                notice(
                        "Accelerator",
                        "software emulation (TCG): " + finding.explanation(),
                        "Sandboxes work, but slower, and emulation is no isolation boundary for hostile code: use a host where KVM works for that");
            }
        } catch (StasisException e) {
            failed("Accelerator", e);
        }
    }

    private void home() {
        var space = new ByteSize(home.root().toFile().getUsableSpace());
        if (space.compareTo(LITTLE_SPACE) < 0) {
            notice(
                    "Home",
                    home.root() + ", " + space + " free",
                    "Snapshots take hundreds of megabytes each: free some space");
        } else {
            ok("Home", home.root() + ", " + space + " free; sockets in " + home.runtime().root());
        }
    }

    private void templates() {
        var templates = home.templates().list();
        long bytes = templates.stream().mapToLong(TemplateStore.Entry::bytesOnDisk).sum();
        ok(
                "Templates",
                templates.size()
                        + " with "
                        + new ByteSize(bytes)
                        + "; each goes when it was not used for "
                        + Templates.UNUSED.toDays()
                        + " days");
    }

    private void memoryAccess() {
        String scope = "0";
        try {
            scope = Files.readString(YAMA).strip();
        } catch (IOException e) {
            // Without Yama every process of a user may read the others.
        }
        switch (scope) {
            case "0" -> ok("Memory of machines", "can be read directly");
            case "1" ->
                    ok(
                            "Memory of machines",
                            "can be read directly: machines allow it although Yama restricts it (ptrace_scope 1)");
            default ->
                    notice(
                            "Memory of machines",
                            "can't be read by other processes (Yama's ptrace_scope is "
                                    + scope
                                    + ")",
                            "Snapshots work, but QEMU itself has to dump the memory, which takes longer; ptrace_scope 1 or 0 makes them fast");
        }
    }

    private void images() {
        boolean there = Program.onPath("tar2sqfs");
        if (there) {
            ok("Images", "tar2sqfs is installed");
        } else {
            notice(
                    "Images",
                    "tar2sqfs is not installed",
                    "apt-get install squashfs-tools-ng, unless the built-in image is all you need: others are built with it");
        }
    }

    private void network() {
        if (Program.onPath(UserNetwork.PROGRAM)) {
            ok("Network", UserNetwork.PROGRAM + " is installed; " + UserNetwork.REACH);
        } else {
            notice(
                    "Network",
                    UserNetwork.PROGRAM + " is not installed",
                    "apt-get install passt, unless published ports are all you need; then "
                            + UserNetwork.REACH);
        }
    }

    private void check(String subject, Supplier<String> what) {
        try {
            ok(subject, what.get());
        } catch (StasisException e) {
            failed(subject, e);
        }
    }

    private void ok(String subject, String what) {
        found.add(new Diagnosis(subject, Verdict.OK, what, ""));
    }

    private void notice(String subject, String what, String advice) {
        found.add(new Diagnosis(subject, Verdict.NOTICE, what, advice));
    }

    private void failed(String subject, StasisException e) {
        found.add(
                new Diagnosis(
                        subject,
                        Verdict.FAILED,
                        String.valueOf(e.getMessage()),
                        "See the message"));
    }
}
