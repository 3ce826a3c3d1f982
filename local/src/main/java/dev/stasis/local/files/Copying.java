package dev.stasis.local.files;

import dev.stasis.CopyBuilder;
import dev.stasis.CopyReport;
import dev.stasis.CopySettings;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.guest.FileSession.Links;
import dev.stasis.guest.GuestFile;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.function.Consumer;

/// One copy of a tree into a sandbox, out of it, or to another one.
final class Copying {
    private final LocalFiles files;
    private final CopySettings how;

    Copying(LocalFiles files, Consumer<CopyBuilder> settings) {
        var builder = new CopyBuilder();
        settings.accept(builder);
        this.files = files;
        this.how = builder.build();
    }

    private CopyCount counted(TreeTarget target) {
        return new CopyCount(target, how.progress());
    }

    CopyReport in(Path source, String path) {
        LocalFiles.absolute(path);
        return files.with(f -> {
            var count = counted(new GuestTarget(f, path, how.owners()));
            new HostSource(source, count).copy();
            return count.report();
        });
    }

    CopyReport out(String path, Path target) {
        LocalFiles.absolute(path);
        return files.with(f -> {
            var count = counted(new HostTarget(target.toAbsolutePath(), how.owners()));
            new GuestSource(f, path, count).copy();
            return count.report();
        });
    }

    CopyReport toTar(String path, OutputStream tar) {
        LocalFiles.absolute(path);
        return files.with(f -> {
            String real = f.realPath(path).await();
            String name = real.substring(real.lastIndexOf('/') + 1);
            var count = counted(new TarTarget(tar, name.isEmpty() ? "." : name));
            new GuestSource(f, path, count).copy();
            return count.report();
        });
    }

    CopyReport ofTar(InputStream tar, String folder) {
        LocalFiles.absolute(folder);
        return files.with(f -> {
            if (f.stat(folder, Links.FOLLOWED).await().kind() != GuestFile.Kind.FOLDER) {
                throw new StasisException(
                        ErrorCode.NOT_A_FOLDER,
                        "Can't unpack into " + folder + " in the sandbox: it is no folder");
            }
            var count = counted(new GuestTarget(f, folder, how.owners()));
            new TarSource(tar, count).copy();
            return count.report();
        });
    }

    CopyReport to(String path, LocalFiles target, String targetPath) {
        LocalFiles.absolute(path);
        LocalFiles.absolute(targetPath);
        if (files.areBeside(target)) {
            refuseWithin(path, targetPath);
        }
        boolean owners = how.owners() || target.areOfRoot();
        return files.with(from ->
                target.with(to -> {
                    var count = counted(new GuestTarget(to, targetPath, owners));
                    new GuestSource(from, path, count).copy();
                    return count.report();
                }));
    }

    /// A tree that is copied into itself would never end, and a file would be emptied first.
    private void refuseWithin(String path, String targetPath) {
        String from = files.realPath(path);
        int slash = targetPath.lastIndexOf('/');
        String parent = files.realPath(slash <= 0 ? "/" : targetPath.substring(0, slash));
        String to = (parent.equals("/") ? "" : parent) + targetPath.substring(slash);
        if ((to + "/").startsWith(from.equals("/") ? "/" : from + "/")) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "Can't copy " + path + " to " + targetPath + ": that is within it");
        }
    }
}
