package dev.stasis.machine;

import dev.stasis.ByteSize;
import dev.stasis.linux.ProcessMemory;
import dev.stasis.linux.WriteTracking;
import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// RAM as it lies in QEMU's address space. What was written is what the kernel has private copies
/// of: RAM is a private mapping, of a file or of nothing.
final class DirectMemory implements TrackedMemory {
    private static final Pattern HOST_ADDRESS =
            Pattern.compile("\\(([a-z0-9-]+)\\) is 0x([0-9a-f]{1,16})");
    private static final Pattern MAPPING = Pattern.compile("([0-9a-f]+)-([0-9a-f]+) rw.([ps]) .*");

    /// A page's entry in pagemap: bits that say where the page is.
    private static final long PRESENT = 1L << 63;

    private static final long SWAPPED = 1L << 62;
    private static final long OF_FILE_OR_SHARED = 1L << 61;
    private static final int ENTRIES_AT_ONCE = 32 << 10;

    private final ProcessId qemu;
    private final ProcessMemory memory;
    private final long address;
    private final int pages;
    private @Nullable WriteTracking tracking;

    private DirectMemory(ProcessId qemu, long address, ByteSize size) {
        this.qemu = qemu;
        this.memory = new ProcessMemory(qemu.pid());
        this.address = address;
        this.pages = Math.toIntExact(size.bytes() / Pages.SIZE);
    }

    /// Finds the RAM of a machine, and makes sure that it is a private mapping: writing into a
    /// shared one would write into the file.
    static DirectMemory of(QmpClient qmp, MemoryAccess.Target target, Deadline deadline)
            throws QmpException, IOException {
        var block = target.block();
        var answer =
                String.valueOf(
                        qmp.execute(
                                "human-monitor-command",
                                Map.of("command-line", "gpa2hva " + block.address()),
                                deadline.left()));
        var match = HOST_ADDRESS.matcher(answer);
        if (!match.find() || !match.group(1).equals(block.name())) {
            throw new IOException(
                    "QEMU does not say where %s is, but: %s"
                            .formatted(block.name(), answer.strip()));
        }
        long address = Long.parseUnsignedLong(match.group(2), 16);
        checkMapping(target.qemu(), address, block.size());
        return new DirectMemory(target.qemu(), address, block.size());
    }

    private static void checkMapping(ProcessId qemu, long address, ByteSize size)
            throws IOException {
        long at = address;
        for (var line : Files.readAllLines(proc(qemu, "maps"))) {
            if (!line.contains(" rw")) {
                continue; // of some hundred, most; the rest takes longer to look at
            }
            var match = MAPPING.matcher(line);
            if (match.matches()
                    && Long.parseUnsignedLong(match.group(1), 16) <= at
                    && at < Long.parseUnsignedLong(match.group(2), 16)) {
                if (!match.group(3).equals("p")) {
                    throw new IOException("RAM is mapped shared: " + line);
                }
                at = Long.parseUnsignedLong(match.group(2), 16);
                if (at >= address + size.bytes()) {
                    return;
                }
            }
        }
        throw new IOException(
                "QEMU "
                        + qemu.pid()
                        + " has no writable private mapping of "
                        + size
                        + " at 0x"
                        + Long.toHexString(address));
    }

    @Override
    public BitSet written() throws IOException {
        var written = new BitSet(pages);
        var entries =
                ByteBuffer.allocateDirect(ENTRIES_AT_ONCE * Long.BYTES)
                        .order(ByteOrder.nativeOrder());
        try (var pagemap = FileChannel.open(proc(qemu, "pagemap"), StandardOpenOption.READ)) {
            for (int page = 0; page < pages; page += ENTRIES_AT_ONCE) {
                int count = Math.min(ENTRIES_AT_ONCE, pages - page);
                read(
                        pagemap,
                        address / Pages.SIZE + page,
                        entries.clear().limit(count * Long.BYTES));
                for (int i = 0; i < count; i++) {
                    if (isPrivate(entries.getLong(i * Long.BYTES))) {
                        written.set(page + i);
                    }
                }
            }
        }
        return written;
    }

    private static boolean isPrivate(long entry) {
        return (entry & SWAPPED) != 0 || (entry & (PRESENT | OF_FILE_OR_SHARED)) == PRESENT;
    }

    private void read(FileChannel pagemap, long firstEntry, ByteBuffer entries) throws IOException {
        while (entries.hasRemaining()) {
            if (pagemap.read(entries, firstEntry * Long.BYTES + entries.position()) <= 0) {
                throw new IOException("the pagemap of process " + qemu.pid() + " ended early");
            }
        }
    }

    @Override
    public void read(long offset, MemorySegment target) throws IOException {
        memory.read(address + offset, target);
    }

    /// Has the kernel note what is written.
    ///
    /// @return whether it does
    boolean track() {
        var found = WriteTracking.open(qemu.pid());
        if (found.isEmpty()) {
            return false;
        }
        if (!found.get().begin(address, Pages.offset(pages))) {
            found.get().close();
            return false;
        }
        tracking = found.get();
        return true;
    }

    @Override
    public BitSet takeWritten() throws IOException {
        var written = new BitSet(pages);
        Optional.ofNullable(tracking)
                .orElseThrow(() -> new IllegalStateException("nothing is noted"))
                .takeWritten(
                        address,
                        Pages.offset(pages),
                        (start, end) -> written.set(page(start), page(end)));
        return written;
    }

    private int page(long at) {
        return Math.toIntExact((at - address) / Pages.SIZE);
    }

    /// Changes RAM, while the machine stands still.
    ///
    /// @param pieces each with its offset in RAM
    void write(List<ProcessMemory.Piece> pieces) throws IOException {
        memory.write(address, pieces);
    }

    @Override
    public void close() {
        if (tracking != null) {
            tracking.close();
        }
    }

    private static Path proc(ProcessId process, String file) {
        return Path.of("/proc/" + process.pid() + "/" + file);
    }
}
