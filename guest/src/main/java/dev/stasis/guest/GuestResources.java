package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.DiskFull;
import dev.stasis.linux.Flock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Properties;

/// The files that a machine boots from, as files: the kernel, the initramfs with the agent, the
/// built-in image, an empty disk, the launcher, the tracker and the payload that tests whether KVM
/// works.
///
/// They are resources of the module `dev.stasis.guest.resources`, whose `resources.properties` has
/// the size and SHA-256 of each and a digest of them all. Each version has a folder of its own,
/// named by that digest, that is filled once and then only read.
///
/// @param digest names this version of the files
/// @param kernel the kernel, an ELF file
/// @param initrd the initramfs; its init is the agent
/// @param busyboxRoot the root file system of the built-in image, squashfs
/// @param blankDisk an empty ext4 file system, qcow2; overlays name it as their backing file
/// @param launcher the program that starts machines
/// @param tracker the library that lets writes of a machine be noted
/// @param kvmPayload the option ROM of the KVM preflight
public record GuestResources(
        String digest,
        Path kernel,
        Path initrd,
        Path busyboxRoot,
        Path blankDisk,
        Path launcher,
        Path tracker,
        Path kvmPayload) {
    private static final Duration EXTRACTION = Duration.ofMinutes(2);
    private static final String PROPERTIES = "resources.properties";

    /// The files of this version of Stasis, extracted if they are not there yet or one has another
    /// size than it should. Several processes may do this at once.
    ///
    /// @param bootFolder holds a folder for each version; created if need be
    /// @throws StasisException with {@link ErrorCode#HOME_UNUSABLE} or {@link ErrorCode#DISK_FULL}
    ///   when they can't be written, {@link ErrorCode#BUSY} when another process extracts for too
    ///   long, and {@link ErrorCode#STORE_DAMAGED} when the resources themselves are damaged or
    ///   missing
    public static GuestResources extract(Path bootFolder) {
        return extract(bootFolder, ResourceSource.bundled());
    }

    static GuestResources extract(Path bootFolder, ResourceSource source) {
        Properties properties = properties(source);
        List<ResourceFile> files = ResourceFile.listed(properties);
        String digest = ResourceFile.digest(properties);
        Path folder = bootFolder.resolve(digest);
        try {
            if (!complete(folder, files)) {
                fill(bootFolder, folder, files, source);
            }
        } catch (IOException e) {
            if (DiskFull.is(e)) {
                throw new StasisException(
                        ErrorCode.DISK_FULL,
                        "The guest's files can't be extracted to "
                                + folder
                                + ": there is no space left; free some",
                        e);
            }
            throw new StasisException(
                    ErrorCode.HOME_UNUSABLE,
                    "The guest's files can't be extracted to " + folder + ": is it writable?",
                    e);
        }
        return new GuestResources(
                digest,
                folder.resolve("vmlinux"),
                folder.resolve("initrd"),
                folder.resolve("busybox.sqfs"),
                folder.resolve("blank.qcow2"),
                folder.resolve("launcher"),
                folder.resolve("tracker.so"),
                folder.resolve("payload.rom"));
    }

    private static void fill(
            Path bootFolder, Path folder, List<ResourceFile> files, ResourceSource source)
            throws IOException {
        Files.createDirectories(
                folder,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path lockFile = bootFolder.resolve("lock");
        try (Flock _ =
                Flock.lock(lockFile, Flock.Mode.EXCLUSIVE, EXTRACTION)
                        .orElseThrow(() -> stillLocked(lockFile))) {
            for (ResourceFile file : files) {
                if (!file.isIn(folder)) {
                    file.extract(source, folder);
                }
            }
        }
    }

    private static boolean complete(Path folder, List<ResourceFile> files) throws IOException {
        for (ResourceFile file : files) {
            if (!file.isIn(folder)) {
                return false;
            }
        }
        return true;
    }

    private static Properties properties(ResourceSource source) {
        var properties = new Properties();
        try (InputStream in = source.open(PROPERTIES)) {
            properties.load(in);
        } catch (IOException | IllegalArgumentException e) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED, PROPERTIES + " of the guest can't be read", e);
        }
        return properties;
    }

    private static StasisException stillLocked(Path lockFile) {
        return new StasisException(
                ErrorCode.BUSY,
                "Another process has been extracting the guest's files for "
                        + Deadline.text(EXTRACTION)
                        + ": look who holds "
                        + lockFile);
    }
}
