package dev.stasis.guest;

import java.io.IOException;

/// The agent sent what PROTOCOL.md does not allow. It ends the connection.
final class ProtocolViolation extends IOException {
    private static final long serialVersionUID = 1L;

    ProtocolViolation(String what) {
        super(what);
    }
}
