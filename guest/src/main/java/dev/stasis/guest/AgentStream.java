package dev.stasis.guest;

import dev.stasis.StasisException;

/// What the reader of a connection tells one of its streams. Neither method blocks.
interface AgentStream {
    /// A frame of this stream came.
    ///
    /// @throws ProtocolViolation when it is not allowed here; the connection ends then
    void received(Frame frame) throws ProtocolViolation;

    /// The connection ended: nothing more will come.
    void lost(StasisException reason);
}
