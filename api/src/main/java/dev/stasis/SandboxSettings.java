package dev.stasis;

import java.util.function.Consumer;

/// What {@link SandboxBuilder} gathered.
///
/// @param image `busybox`, the name or digest of an image, or a file: see {@link
///   SandboxBuilder#image}
/// @param memory the guest's memory; at least {@link SandboxBuilder#SMALLEST_MEMORY}, in whole
///   mebibytes
/// @param cpus the guest's CPUs; 1 to {@link SandboxBuilder#MOST_CPUS}
/// @param limits what it and its forks can be resized to; no less than what it begins with
/// @param disk the size of its disk; {@link SandboxBuilder#DEFAULT_DISK} to {@link
///   SandboxBuilder#LARGEST_DISK}, in whole mebibytes
/// @param env what it says of the environment of commands, over the image's
/// @param network how it can be reached
/// @param binding how it hangs on this process and this computer
/// @param terms on which terms it is kept
/// @param pull how an image of a registry is got
/// @param progress told what is being done, a line a step
public record SandboxSettings(
        String image,
        ByteSize memory,
        int cpus,
        SizeLimits limits,
        ByteSize disk,
        Environment env,
        NetworkSettings network,
        Binding binding,
        SandboxTerms terms,
        PullSettings pull,
        Consumer<String> progress) {
    /// Checks and copies.
    public SandboxSettings {
        if (image.isBlank()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "The image is empty: name 'busybox', an image such as 'python:3.12', or a tar file");
        }
        memory = checkMemory(memory);
        disk = checkDisk(disk);
        checkCpus(cpus);
        checkCpus(limits.cpus());
        limits = new SizeLimits(limits.cpus(), checkMemory(limits.memory()));
        if (limits.cpus() < cpus || limits.memory().compareTo(memory) < 0) {
            throw new StasisException(
                    ErrorCode.LIMIT_EXCEEDED,
                    "A sandbox with %d CPUs and %s can't have limits of %d CPUs and %s: give no lower ones"
                            .formatted(cpus, memory, limits.cpus(), limits.memory()));
        }
    }

    /// Checks a number of CPUs.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT}
    static int checkCpus(int cpus) {
        if (cpus < 1 || cpus > SandboxBuilder.MOST_CPUS) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    cpus + " CPUs are not possible: ask for 1 to " + SandboxBuilder.MOST_CPUS);
        }
        return cpus;
    }

    /// Checks a size of memory.
    ///
    /// @return whole mebibytes
    /// @throws StasisException with {@link ErrorCode#INVALID_SIZE}
    static ByteSize checkMemory(ByteSize memory) {
        if (memory.compareTo(SandboxBuilder.SMALLEST_MEMORY) < 0) {
            throw new StasisException(
                    ErrorCode.INVALID_SIZE,
                    "Memory of "
                            + memory
                            + " is too little: give at least "
                            + SandboxBuilder.SMALLEST_MEMORY);
        }
        return ByteSize.ofMebibytes(memory.mebibytes());
    }

    static ByteSize checkDisk(ByteSize disk) {
        if (disk.compareTo(SandboxBuilder.DEFAULT_DISK) < 0
                || disk.compareTo(SandboxBuilder.LARGEST_DISK) > 0) {
            throw new StasisException(
                    ErrorCode.INVALID_SIZE,
                    "A disk of %s is not possible: give %s to %s"
                            .formatted(
                                    disk,
                                    SandboxBuilder.DEFAULT_DISK,
                                    SandboxBuilder.LARGEST_DISK));
        }
        return ByteSize.ofMebibytes(disk.mebibytes());
    }

    /// How a sandbox hangs on its maker and its computer.
    ///
    /// @param attached whether it ends with the process that makes it
    /// @param requireKvm whether hardware virtualisation is required
    public record Binding(boolean attached, boolean requireKvm) {}
}
