package dev.stasis.machine;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The captured state of a machine's devices and CPUs: some hundred kilobytes, which are read while
/// QEMU starts.
final class DeviceState {
    private final Path file;
    private byte[] bytes = {};

    /// @param file what {@link Capture#devices} wrote
    DeviceState(Path file) {
        this.file = file;
    }

    void read() throws IOException {
        bytes = Files.readAllBytes(file);
    }

    /// Sends what was read. QEMU closes the connection when it does not like it, so a failure to
    /// write is only told when QEMU gives no reason.
    ///
    /// @param socket where QEMU listens for it
    @Nullable IOException send(Path socket) throws IOException {
        try (var qemu = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            var unsent = ByteBuffer.wrap(bytes);
            while (unsent.hasRemaining()) {
                try {
                    qemu.write(unsent);
                } catch (IOException e) {
                    return e;
                }
            }
            return null;
        }
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
