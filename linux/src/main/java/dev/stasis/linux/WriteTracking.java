package dev.stasis.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Which pages another process of the same user has written: by the userfaultfd that it has opened
/// and does not use. Its memory is write-protected through a copy of that descriptor, in the way in
/// which the kernel lifts the protection of a page by itself when it is written, and notes that.
/// Nothing else happens to the process. Linux 6.7 or newer can do it.
///
/// Not thread-safe. What is protected stays so when this is closed, and another one goes on there.
public final class WriteTracking implements AutoCloseable {
    private static final String NAME = "anon_inode:[userfaultfd]";

    private static final SystemCall SYSCALL = SystemCall.named("syscall");
    private static final SystemCall IOCTL = SystemCall.named("ioctl");

    private static final long PIDFD_OPEN = 434;
    private static final long PIDFD_GETFD = 438;

    /// `struct uffdio_api` is api, features, ioctls; `struct uffdio_register` is start, length,
    /// mode, ioctls; eight bytes each.
    private static final long UFFDIO_API = 0xC018_AA3FL;

    private static final long UFFDIO_REGISTER = 0xC020_AA00L;
    private static final long UFFD_API = 0xAA;
    private static final long WP_ASYNC = 1 << 15;
    private static final long MODE_WRITE_PROTECT = 2;

    /// `struct pm_scan_arg` is size, flags, start, end, walk_end, vec, vec_len, max_pages,
    /// category_inverted, category_mask, category_anyof_mask, return_mask; eight bytes each. A
    /// `struct page_region` is start, end, categories.
    private static final long PAGEMAP_SCAN = 0xC060_6610L;

    private static final long SCAN_BYTES = 96;
    private static final long REGION_BYTES = 24;
    private static final long REGIONS = 16 << 10;
    private static final long PROTECT_AND_CHECK = 1 | 2;
    private static final long IS_WRITTEN = 1 << 1;
    private static final long IS_FILE = 1 << 2;
    private static final long IS_PRESENT = 1 << 3;
    private static final long IS_SWAPPED = 1 << 4;

    private final Descriptor fault;
    private final Descriptor pagemap;
    private final long pid;

    private WriteTracking(long pid, Descriptor fault, Descriptor pagemap) {
        this.pid = pid;
        this.fault = fault;
        this.pagemap = pagemap;
    }

    /// Takes ranges of memory.
    @FunctionalInterface
    public interface Ranges {
        /// Takes one.
        ///
        /// @param start its first address
        /// @param end the address behind it
        void add(long start, long end);
    }

    /// Finds the descriptor of a process.
    ///
    /// @return empty when the process has none, or the kernel gives none away
    public static Optional<WriteTracking> open(long pid) {
        Descriptor fault = null;
        boolean opened = false;
        try {
            var number = find(pid);
            if (number.isEmpty()) {
                return Optional.empty();
            }
            fault = fetch(pid, number.get());
            var pagemap =
                    Descriptor.open(Path.of("/proc/" + pid + "/pagemap"), Descriptor.READ_ONLY);
            opened = true;
            return Optional.of(new WriteTracking(pid, fault, pagemap));
        } catch (IOException e) {
            return Optional.empty();
        } finally {
            if (!opened && fault != null) {
                fault.close();
            }
        }
    }

    private static Optional<Long> find(long pid) throws IOException {
        try (var links = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
            for (var link : links) {
                if (isOne(link)) {
                    return Optional.of(Long.parseLong(String.valueOf(link.getFileName())));
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isOne(Path link) {
        try {
            return Files.readSymbolicLink(link).toString().equals(NAME);
        } catch (IOException e) {
            return false; // closed meanwhile
        }
    }

    private static Descriptor fetch(long pid, long number) throws SystemCallException {
        try (var arena = Arena.ofConfined()) {
            var state = SystemCall.state(arena);
            long process = SYSCALL.word(state, PIDFD_OPEN, pid, 0);
            if (process < 0) {
                throw SystemCall.failure("pidfd_open", "of process " + pid, state);
            }
            try (var _ = Descriptor.owning(Math.toIntExact(process))) {
                long fetched = SYSCALL.word(state, PIDFD_GETFD, process, number, 0);
                if (fetched < 0) {
                    throw SystemCall.failure("pidfd_getfd", "of process " + pid, state);
                }
                return Descriptor.owning(Math.toIntExact(fetched));
            }
        }
    }

    /// Makes a range of private memory one whose writes are noted; does nothing when it is one.
    ///
    /// @return false where the kernel can't do that
    public boolean begin(long address, long length) {
        try (var arena = Arena.ofConfined()) {
            var state = SystemCall.state(arena);
            var api = arena.allocate(3 * Long.BYTES, Long.BYTES);
            set(api, 0, UFFD_API);
            set(api, 1, WP_ASYNC);
            // Refused where it was done before: what counts is whether the range can be had then.
            control(state, fault, UFFDIO_API, api);
            var range = arena.allocate(4 * Long.BYTES, Long.BYTES);
            set(range, 0, address);
            set(range, 1, length);
            set(range, 2, MODE_WRITE_PROTECT);
            return control(state, fault, UFFDIO_REGISTER, range) == 0;
        }
    }

    /// The pages of a range that were written since the last call, and not those that still are
    /// what a file has there; and begins anew.
    ///
    /// @throws SystemCallException when the range was not begun
    public void takeWritten(long address, long length, Ranges written) throws SystemCallException {
        try (var arena = Arena.ofConfined()) {
            var state = SystemCall.state(arena);
            var regions = arena.allocate(REGIONS * REGION_BYTES, Long.BYTES);
            var scan = arena.allocate(SCAN_BYTES, Long.BYTES);
            for (long at = address; at < address + length; at = get(scan, 4)) {
                scan.fill((byte) 0);
                set(scan, 0, SCAN_BYTES);
                set(scan, 1, PROTECT_AND_CHECK);
                set(scan, 2, at);
                set(scan, 3, address + length);
                set(scan, 5, regions.address());
                set(scan, 6, REGIONS);
                set(scan, 8, IS_FILE); // that one must be absent
                set(scan, 9, IS_WRITTEN | IS_FILE);
                set(scan, 10, IS_PRESENT | IS_SWAPPED);
                set(scan, 11, IS_WRITTEN);
                int found = control(state, pagemap, PAGEMAP_SCAN, scan);
                if (found < 0) {
                    throw SystemCall.failure("PAGEMAP_SCAN", "of process " + pid, state);
                }
                for (long i = 0; i < found; i++) {
                    written.add(get(regions, 3 * i), get(regions, 3 * i + 1));
                }
            }
        }
    }

    private static void set(MemorySegment struct, long field, long value) {
        struct.set(ValueLayout.JAVA_LONG, field * Long.BYTES, value);
    }

    private static long get(MemorySegment struct, long field) {
        return struct.get(ValueLayout.JAVA_LONG, field * Long.BYTES);
    }

    private static int control(
            MemorySegment state, Descriptor descriptor, long request, MemorySegment argument) {
        return IOCTL.number(state, descriptor.number(), request, argument.address());
    }

    @Override
    public void close() {
        fault.close();
        pagemap.close();
    }
}
