package dev.stasis.store;

import java.security.MessageDigest;
import java.util.HexFormat;

/// Computes the digest of a content that passes by once, from its beginning to its end: the same as
/// [Digests#of] finds for a file of that content.
final class PassingDigest {
    private static final byte[] ZEROS = new byte[TreeDigest.CHUNK_BYTES];
    private static final byte[] ZERO_CHUNK = Digests.sha256(ZEROS);

    private final Digest.Scheme scheme;
    private final MessageDigest whole = Digests.algorithm();
    private final MessageDigest chunk = Digests.algorithm();
    private final long size;
    private long at;

    /// @param size how long the content is
    PassingDigest(Digest.Scheme scheme, long size) {
        this.scheme = scheme;
        this.size = size;
        if (scheme == Digest.Scheme.TREE) {
            whole.update(TreeDigest.firstLine(size));
        }
    }

    /// The next bytes.
    void data(byte[] buffer, int offset, int length) {
        if (scheme == Digest.Scheme.SHA256) {
            whole.update(buffer, offset, length);
            at += length;
            return;
        }
        for (int done = 0; done < length; ) {
            int left = leftInChunk();
            int now = Math.min(left, length - done);
            chunk.update(buffer, offset + done, now);
            done += now;
            at += now;
            if (now == left) {
                whole.update(chunk.digest());
            }
        }
    }

    /// That many zeros come next.
    void zeros(long length) {
        for (long left = length; left > 0; ) {
            int now = (int) Math.min(left, leftInChunk());
            if (now == ZEROS.length && scheme == Digest.Scheme.TREE) {
                whole.update(ZERO_CHUNK);
                at += now;
            } else {
                data(ZEROS, 0, now);
            }
            left -= now;
        }
    }

    private int leftInChunk() {
        int inChunk = (int) (at % TreeDigest.CHUNK_BYTES);
        return TreeDigest.CHUNK_BYTES - inChunk;
    }

    /// The digest, after all of it has passed.
    Digest digest() {
        if (at != size) {
            throw new IllegalStateException(at + " of " + size + " bytes have passed");
        }
        if (scheme == Digest.Scheme.TREE && at % TreeDigest.CHUNK_BYTES != 0) {
            whole.update(chunk.digest());
        }
        return new Digest(scheme, HexFormat.of().formatHex(whole.digest()));
    }
}
