package dev.stasis.local.files;

import dev.stasis.ByteSize;
import dev.stasis.CopyProgress;
import dev.stasis.CopyReport;
import dev.stasis.FileInfo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Counts what goes to another target, and tells of it.
final class CopyCount implements TreeTarget {
    private final TreeTarget target;
    private final Optional<Consumer<CopyProgress>> progress;
    private final List<String> skipped = new ArrayList<>();
    private long files;
    private long folders;
    private long links;
    private long bytes;

    CopyCount(TreeTarget target, Optional<Consumer<CopyProgress>> progress) {
        this.target = target;
        this.progress = progress;
    }

    CopyReport report() {
        return new CopyReport(files, folders, links, new ByteSize(bytes), skipped);
    }

    private void tell(String path) {
        progress.ifPresent(p ->
                p.accept(new CopyProgress(path, files + folders + links, new ByteSize(bytes))));
    }

    @Override
    public void folder(String path, FileInfo like) {
        tell(path);
        target.folder(path, like);
        folders++;
    }

    @Override
    public void folderEnd(String path, FileInfo like) {
        target.folderEnd(path, like);
    }

    @Override
    public FileSink file(String path, FileInfo like) {
        tell(path);
        FileSink sink = target.file(path, like);
        files++;
        return new FileSink() {
            @Override
            public void data(long offset, ByteBuffer part) {
                bytes += part.remaining();
                sink.data(offset, part);
            }

            @Override
            public void end(long size) {
                sink.end(size);
            }

            @Override
            public void close() {
                sink.close();
            }
        };
    }

    @Override
    public void link(String path, FileInfo like, String leads) {
        tell(path);
        target.link(path, like, leads);
        links++;
    }

    @Override
    public void again(String path, FileInfo like, String earlier) {
        tell(path);
        target.again(path, like, earlier);
        files++;
    }

    @Override
    public boolean special(String path, FileInfo like, long device) {
        tell(path);
        boolean made = target.special(path, like, device);
        if (made) {
            files++;
        } else {
            skip(path, "a " + like.kind() + " can't be made there");
        }
        return made;
    }

    @Override
    public void skip(String path, String reason) {
        if (skipped.size() < CopyReport.MAX_SKIPPED) {
            skipped.add(path + ": " + reason);
        }
    }

    @Override
    public void finish() {
        target.finish();
        tell("");
    }
}
