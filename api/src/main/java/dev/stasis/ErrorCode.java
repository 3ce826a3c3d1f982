package dev.stasis;

/// What went wrong, for programs. The category decides the exit code of the command line.
public enum ErrorCode {
    /// A name does not follow the rules for names.
    INVALID_NAME(Category.USER),
    /// A size can't be read or is out of bounds.
    INVALID_SIZE(Category.USER),
    /// Another argument is wrong: it can't be read, or is out of bounds.
    INVALID_ARGUMENT(Category.USER),
    /// The name is taken.
    NAME_TAKEN(Category.USER),
    /// A port of this computer is taken, or may not be used.
    PORT_TAKEN(Category.USER),
    /// More CPUs or memory than the sandbox, or this computer, can have.
    LIMIT_EXCEEDED(Category.USER),
    /// The memory is in use and can't be taken away.
    MEMORY_IN_USE(Category.USER),
    /// There is no such sandbox.
    SANDBOX_NOT_FOUND(Category.USER),
    /// There is no such snapshot, or it can't be restored any more.
    SNAPSHOT_NOT_FOUND(Category.USER),
    /// There is no such image.
    IMAGE_NOT_FOUND(Category.USER),
    /// The image is no root file system that can be used.
    IMAGE_INVALID(Category.USER),
    /// The archive is no archive of a snapshot, or is damaged or cut off.
    ARCHIVE_INVALID(Category.USER),
    /// Something uses the image, so it can't be removed.
    IMAGE_IN_USE(Category.USER),
    /// A registry does not let us have what was asked for.
    ACCESS_DENIED(Category.USER),
    /// The operation is not possible in the state that the sandbox is in.
    WRONG_STATE(Category.USER),
    /// The sandbox was rewound while a command ran in it.
    REWOUND(Category.USER),
    /// A command ended with another exit code than 0, by a signal or by its timeout, and the caller
    /// asked for an exception.
    COMMAND_FAILED(Category.USER),
    /// A command wrote more than the caller was ready to keep.
    OUTPUT_TOO_LARGE(Category.USER),
    /// There is no such file or folder in the sandbox.
    FILE_NOT_FOUND(Category.USER),
    /// Something in the sandbox has that name already.
    FILE_EXISTS(Category.USER),
    /// A part of a path in the sandbox is something else than a folder.
    NOT_A_FOLDER(Category.USER),
    /// What is to be a file in the sandbox is a folder.
    IS_A_FOLDER(Category.USER),
    /// A folder in the sandbox holds something.
    FOLDER_NOT_EMPTY(Category.USER),
    /// A file in the sandbox can't be used in this way: it is a link, a pipe or a device, or its
    /// name is too long.
    FILE_UNUSABLE(Category.USER),
    /// The sandbox's user may not do that with a file, or nobody may.
    PERMISSION_DENIED(Category.USER),
    /// There is no space left on the sandbox's own disk.
    SANDBOX_DISK_FULL(Category.USER),
    /// The calling thread was interrupted while it waited.
    INTERRUPTED(Category.USER),

    /// A program that Stasis needs is not installed or too old.
    PROGRAM_MISSING(Category.RESOURCES),
    /// Hardware virtualisation was required and does not work here.
    KVM_UNAVAILABLE(Category.RESOURCES),
    /// The home, or another folder, can't be used.
    HOME_UNUSABLE(Category.RESOURCES),
    /// There is no space left on a disk.
    DISK_FULL(Category.RESOURCES),
    /// Somebody else holds what is needed, for longer than the deadline.
    BUSY(Category.RESOURCES),

    /// The snapshot was made by a machine that can't be built here.
    INCOMPATIBLE_SNAPSHOT(Category.EXTERNAL),
    /// Files of the store are damaged or missing.
    STORE_DAMAGED(Category.EXTERNAL),
    /// The machine ended, or its QEMU failed.
    MACHINE_FAILED(Category.EXTERNAL),
    /// The guest's agent broke the protocol, refused a request or did not answer.
    AGENT_FAILED(Category.EXTERNAL),
    /// A deadline passed.
    DEADLINE_EXCEEDED(Category.EXTERNAL),
    /// A registry can't be reached, or answers wrongly.
    REGISTRY_FAILED(Category.EXTERNAL),
    /// The guest could not do something with a file.
    FILE_FAILED(Category.EXTERNAL),
    /// An operating system call failed.
    IO_FAILED(Category.EXTERNAL),

    /// A mistake in Stasis.
    INTERNAL(Category.INTERNAL);

    private final Category category;

    ErrorCode(Category category) {
        this.category = category;
    }

    /// Who can do something about it.
    public Category category() {
        return category;
    }

    /// Who can do something about an error.
    public enum Category {
        /// The caller: a name, an argument, a state.
        USER(10),
        /// Whoever looks after this computer: programs, disk, permissions.
        RESOURCES(11),
        /// Something that Stasis works with failed: QEMU, the guest, files.
        EXTERNAL(12),
        /// The makers of Stasis.
        INTERNAL(13);

        private final int exitCode;

        Category(int exitCode) {
            this.exitCode = exitCode;
        }

        /// The exit code of the command line.
        public int exitCode() {
            return exitCode;
        }
    }
}
