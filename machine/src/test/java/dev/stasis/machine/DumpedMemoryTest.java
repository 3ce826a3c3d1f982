package dev.stasis.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.machine.DumpedMemory.Region;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class DumpedMemoryTest {
    private static final String MAP =
            """

            FlatView #0
             AS "memory", root: system
             AS "cpu-memory-0", root: system
             Root memory region: system
              0000000000000000-00000000000bffff (prio 0, ram): ram
              00000000000c0000-00000000000dffff (prio 1, rom): pc.rom
              00000000000e0000-00000000000effff (prio 0, ram): ram @00000000000e0000
              00000000000f0000-00000000000fffff (prio 0, rom): pc.bios
              0000000000100000-000000007fffffff (prio 0, ram): ram @0000000000100000 kvm
              00000000fec00000-00000000fec00fff (prio 0, i/o): ioapic
              00000000febc0000-00000000febcffff (prio 0, ram): ramfb
              0000000100000000-000000013fffffff (prio 0, ram): ram @0000000080000000

            FlatView #1
             AS "I/O", root: io
             Root memory region: io
              0000000000000000-0000000000000007 (prio 0, i/o): dma-chan
            FlatView #2
             AS "cpu-smm-0", root: memory
              0000000000000000-00000000000bffff (prio 0, ram): ram
            """;

    @Test
    void ramIsFoundBelowAndAboveFourGibibytesAndBetweenRoms() throws Exception {
        assertThat(DumpedMemory.regions(MAP, "ram"))
                .containsExactly(
                        new Region(0, 0, 0xc0000),
                        new Region(0xe0000, 0xe0000, 0x10000),
                        new Region(0x100000, 0x100000, 0x7ff00000),
                        new Region(0x100000000L, 0x80000000L, 0x40000000));
    }

    @Test
    void aMapWithoutRamIsRefused() {
        assertThatThrownBy(() -> DumpedMemory.regions("unknown command", "ram"))
                .isInstanceOf(IOException.class);
    }
}
