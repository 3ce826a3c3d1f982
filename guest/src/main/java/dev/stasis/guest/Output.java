package dev.stasis.guest;

import java.util.concurrent.CompletableFuture;

/// One output of one command, as the connection's reader sees it. No method blocks.
interface Output {
    /// The most bytes that the agent may send without being given more credit.
    int WINDOW_BYTES = 65_536;

    /// Credit goes back in steps of this size.
    int CREDIT_STEP_BYTES = 16_384;

    /// Adds bytes from the agent.
    ///
    /// @param bytes not copied
    /// @throws ProtocolViolation when they exceed the agent's credit
    void append(byte[] bytes) throws ProtocolViolation;

    /// Nothing more will come.
    void end();

    /// Completed when the output is at its end and nothing more has to be done with it before the
    /// command's end is told.
    CompletableFuture<Void> drained();
}
