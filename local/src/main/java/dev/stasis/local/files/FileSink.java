package dev.stasis.local.files;

import java.nio.ByteBuffer;

/// Takes what a file holds. What is left out between two parts is a hole.
interface FileSink extends AutoCloseable {
    /// A part of it; parts come in their order.
    void data(long offset, ByteBuffer bytes);

    /// All has come.
    ///
    /// @param size of the file, beyond its last part if it ends with a hole
    void end(long size);

    /// Gives up what was not ended.
    @Override
    void close();
}
