package dev.stasis.machine;

import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// RAM as QEMU dumps it into files, for where the kernel does not let us read QEMU's memory. All of
/// RAM is dumped, so it is slow and takes disk space for a moment.
///
/// QEMU dumps by physical address. Its memory map says which of them are of the block, and where in
/// it; a part that lies behind a ROM is out of reach and reads as zeros, which it is unless a guest
/// has written there and hidden it again.
final class DumpedMemory implements GuestMemory {
    private static final Pattern REGION =
            Pattern.compile(
                    "\\s*([0-9a-f]{16})-([0-9a-f]{16}) \\(prio -?\\d+, ram\\): "
                            + "([a-z0-9-]+)(?: @([0-9a-f]{16}))?(?:\\s.*)?");
    private static final String OUR_VIEW = " AS \"memory\", root: system";

    /// A part of RAM that QEMU can dump.
    ///
    /// @param address the first physical address
    /// @param offset where that is in the RAM block
    /// @param length in bytes
    record Region(long address, long offset, long length) {}

    private record Dump(Region region, Path file, MemorySegment bytes) {}

    private final Arena arena = Arena.ofShared();
    private final List<Dump> dumps = new ArrayList<>();

    private DumpedMemory() {}

    /// Dumps the RAM of a machine that stands still.
    ///
    /// @param block which part of it
    /// @param scratch a folder with space for it
    static DumpedMemory of(QmpClient qmp, MemoryBlock block, Path scratch, Deadline deadline)
            throws QmpException, IOException {
        var map =
                String.valueOf(
                        qmp.execute(
                                "human-monitor-command",
                                Map.of("command-line", "info mtree -f"),
                                deadline.left()));
        var memory = new DumpedMemory();
        boolean complete = false;
        try {
            for (var region : regions(map, block.name())) {
                if (region.offset() + region.length() > block.size().bytes()) {
                    throw new IOException(
                            "QEMU's memory map shows more of %s than there is: %s"
                                    .formatted(block.name(), region));
                }
                memory.dump(qmp, region, scratch, deadline);
            }
            complete = true;
            return memory;
        } finally {
            if (!complete) {
                memory.close();
            }
        }
    }

    /// Reads `info mtree -f`.
    static List<Region> regions(String map, String block) throws IOException {
        var regions = new ArrayList<Region>();
        boolean ours = false;
        for (var line : map.lines().toList()) {
            if (line.startsWith("FlatView")) {
                ours = false;
            }
            ours |= line.equals(OUR_VIEW);
            var match = REGION.matcher(line);
            if (ours && match.matches() && match.group(3).equals(block)) {
                long first = Long.parseLong(match.group(1), 16);
                long last = Long.parseLong(match.group(2), 16);
                long offset = match.group(4) == null ? 0 : Long.parseLong(match.group(4), 16);
                regions.add(new Region(first, offset, last - first + 1));
            }
        }
        if (regions.isEmpty()) {
            throw new IOException("QEMU's memory map shows no " + block);
        }
        return regions;
    }

    private void dump(QmpClient qmp, Region region, Path scratch, Deadline deadline)
            throws QmpException, IOException {
        var file = Files.createTempFile(scratch, "ram", ".dump");
        try {
            qmp.execute(
                    "pmemsave",
                    Map.of(
                            "val", region.address(),
                            "size", region.length(),
                            "filename", file.toString()),
                    deadline.left());
            try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
                if (channel.size() != region.length()) {
                    throw new IOException(
                            "QEMU dumped " + channel.size() + " bytes of " + region.length());
                }
                dumps.add(
                        new Dump(
                                region,
                                file,
                                channel.map(MapMode.READ_ONLY, 0, region.length(), arena)));
            }
        } finally {
            Files.deleteIfExists(file);
        }
    }

    @Override
    public BitSet written() {
        var written = new BitSet();
        for (var dump : dumps) {
            long offset = dump.region().offset();
            written.set(
                    (int) (offset / Pages.SIZE),
                    (int) ((offset + dump.region().length()) / Pages.SIZE));
        }
        return written;
    }

    @Override
    public void read(long offset, MemorySegment target) {
        target.fill((byte) 0);
        for (var dump : dumps) {
            long begin = dump.region().offset();
            long from = Math.max(offset, begin);
            long to = Math.min(offset + target.byteSize(), begin + dump.region().length());
            if (from < to) {
                MemorySegment.copy(dump.bytes(), from - begin, target, from - offset, to - from);
            }
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
