package dev.stasis.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystemException;
import org.junit.jupiter.api.Test;

class DiskFullTest {
    @Test
    void aSystemCallIsJudgedByItsNumber() {
        for (var full : new Errno[] {Errno.ENOSPC, Errno.EDQUOT}) {
            assertThat(DiskFull.is(new SystemCallException("write", "x", full.number()))).isTrue();
        }
        var other = new SystemCallException("open", "quota exceeded", Errno.EACCES.number());
        assertThat(DiskFull.is(other)).isFalse();
    }

    @Test
    void otherFailuresAreJudgedByWhatTheySay() {
        assertThat(DiskFull.is(new IOException("No space left on device"))).isTrue();
        assertThat(DiskFull.is(new FileSystemException("x", null, "Disk quota exceeded"))).isTrue();
        assertThat(DiskFull.is(new IOException("Permission denied"))).isFalse();
        assertThat(DiskFull.is(new IOException())).isFalse();
        assertThat(DiskFull.isSaidBy("out.sqfs: No space left on device\n")).isTrue();
    }
}
