package dev.stasis.local.files;

import dev.stasis.StasisException;
import dev.stasis.guest.GuestEntry;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// What a folder of a sandbox holds, some entries at a time, in the guest's order.
final class SandboxFolderStream implements DirectoryStream<Path> {
    private final FileSessions.Lease lease;
    private final SandboxPath folder;
    private final Filter<? super Path> filter;
    private final ArrayDeque<Path> some = new ArrayDeque<>();
    private boolean begun;
    private boolean over;
    private boolean closed;

    /// @param lease closed with this, or when all was seen
    SandboxFolderStream(FileSessions.Lease lease, SandboxPath folder, Filter<? super Path> filter) {
        this.lease = lease;
        this.folder = folder;
        this.filter = filter;
        var _ = lease.files().openFolder(folder.absolute()).await();
    }

    @Override
    public Iterator<Path> iterator() {
        if (begun || closed) {
            throw new IllegalStateException("it was iterated or closed before");
        }
        begun = true;
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                while (some.isEmpty() && !over) {
                    fill();
                }
                return !some.isEmpty();
            }

            @Override
            public Path next() {
                @Nullable Path next = hasNext() ? some.poll() : null;
                if (next == null) {
                    throw new NoSuchElementException();
                }
                return next;
            }
        };
    }

    private void fill() {
        try {
            List<GuestEntry> part =
                    NioFailures.io(
                            folder.absolute(),
                            () -> {
                                try {
                                    return lease.files().nextEntries(folder.absolute()).await();
                                } catch (StasisException e) {
                                    throw lease.explained(e);
                                }
                            });
            for (GuestEntry entry : part) {
                Path path = folder.resolve(entry.name());
                if (filter.accept(path)) {
                    some.add(path);
                }
            }
            if (part.isEmpty()) {
                close();
            }
        } catch (IOException e) {
            close();
            throw new DirectoryIteratorException(e);
        }
    }

    @Override
    public void close() {
        over = true;
        if (!closed) {
            closed = true;
            lease.close();
        }
    }
}
