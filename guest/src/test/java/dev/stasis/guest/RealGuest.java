package dev.stasis.guest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A real guest: the kernel, the agent and the launcher of the resources, in a QEMU that emulates.
final class RealGuest implements AutoCloseable {
    static final int LANES = 4;
    static final Duration LONG = Duration.ofSeconds(100);

    private final Path folder;
    private final Process launcher;

    RealGuest() throws IOException, InterruptedException {
        folder = Files.createTempDirectory("stasis-guest-");
        GuestResources resources = GuestResources.extract(folder.resolve("boot"));
        Path disk = folder.resolve("disk.qcow2");
        run(
                "qemu-img",
                "create",
                "-q",
                "-f",
                "qcow2",
                "-F",
                "qcow2",
                "-b",
                resources.blankDisk().toString(),
                disk.toString());
        var command = new ArrayList<String>();
        command.addAll(
                List.of(
                        resources.launcher().toString(),
                        "--run",
                        "" + folder,
                        "--logs",
                        "" + folder,
                        "--attached",
                        "--"));
        command.addAll(machine(resources, disk));
        launcher = new ProcessBuilder(command).redirectErrorStream(true).start();
        String answer = launcher.inputReader(StandardCharsets.UTF_8).readLine();
        if (answer == null || !answer.startsWith("started ")) {
            throw new AssertionError("the launcher said " + answer);
        }
        long end = System.nanoTime() + LONG.toNanos();
        while (!Files.exists(socket(LANES - 1))) {
            if (System.nanoTime() > end || !launcher.isAlive()) {
                throw new AssertionError("QEMU made no sockets: " + log("qemu"));
            }
            Thread.sleep(5);
        }
    }

    private List<String> machine(GuestResources resources, Path disk) {
        var qemu = new ArrayList<String>();
        qemu.add("qemu-system-x86_64 -machine pc-q35-7.2,memory-backend=ram -accel tcg,tb-size=64");
        qemu.add("-cpu Nehalem-v1 -m 512 -smp 2 -nodefaults -no-user-config -display none");
        qemu.add("-no-reboot -object memory-backend-ram,id=ram,size=512M");
        qemu.add("-chardev file,id=console,path=@console@ -serial chardev:console");
        qemu.add("-device virtio-serial-pci,id=lanes,addr=3,romfile=");
        for (int lane = 0; lane < LANES; lane++) {
            String id = "lane" + lane;
            String socket = socket(lane) + ",server=on,wait=off";
            qemu.add("-chardev socket,id=" + id + ",path=" + socket);
            qemu.add("-device virtserialport,chardev=" + id + ",name=dev.stasis.lane." + lane);
        }
        qemu.add("-chardev file,id=log,path=@log@");
        qemu.add("-device virtserialport,chardev=log,name=dev.stasis.log");
        String image = ",file.driver=file,file.filename=" + resources.busyboxRoot();
        qemu.add("-blockdev driver=raw,node-name=image,read-only=on" + image);
        qemu.add("-device virtio-blk-pci,drive=image,addr=4,num-queues=1,romfile=");
        qemu.add("-blockdev driver=qcow2,node-name=disk,file.driver=file,file.filename=" + disk);
        qemu.add("-device virtio-blk-pci,drive=disk,addr=5,num-queues=1,romfile=");
        qemu.add("-kernel " + resources.kernel() + " -initrd " + resources.initrd());
        var arguments = new ArrayList<String>(List.of(String.join(" ", qemu).split(" ", -1)));
        arguments.addAll(List.of("-append", "console=ttyS0 quiet panic=-1 movablecore=75%"));
        return arguments;
    }

    Lanes lanes() {
        return new Lanes(folder, folder.resolve("console.log"), LANES);
    }

    Path socket(int lane) {
        return folder.resolve("lane." + lane);
    }

    String log(String name) throws IOException {
        Path file = folder.resolve(name + ".log");
        return Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
    }

    /// Waits for the launcher's end; true if it came.
    boolean awaitEnd(Duration longest) {
        try {
            return launcher.waitFor(longest.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /// How it ended, as the launcher wrote it down.
    String end() throws IOException {
        return Files.readString(folder.resolve("end"));
    }

    /// Lets the launcher believe that its owner is gone.
    void abandon() throws IOException {
        launcher.getOutputStream().close();
    }

    @Override
    public void close() throws IOException {
        abandon();
        if (!awaitEnd(LONG)) {
            launcher.destroyForcibly();
            awaitEnd(LONG);
        }
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new AssertionError(command[0] + " failed");
        }
    }
}
