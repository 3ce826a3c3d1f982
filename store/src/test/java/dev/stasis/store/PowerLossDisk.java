package dev.stasis.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/// A disk that knows what of it was synced, and can say what is left after a loss of power: what
/// was on it when this was made, what was synced since, and of all the rest nothing, the names
/// alone, or whatever chance says.
final class PowerLossDisk extends DyingDisk implements AutoCloseable {
    private final Path root;
    private final Map<Object, byte[]> contents = new HashMap<>();
    private final Map<Object, Map<String, Object>> folders = new HashMap<>();
    private final Map<Object, Boolean> isFolder = new HashMap<>();

    /// Keeps the number of a deleted file from being given to another one.
    private final Map<Object, FileChannel> held = new HashMap<>();

    /// What is left of what was not synced.
    enum Loss {
        /// Nothing of it.
        EVERYTHING,
        /// New names and what was renamed or deleted, but no content.
        CONTENTS,
        /// Some of it.
        SOME
    }

    /// @param root the home, all of which counts as synced
    PowerLossDisk(Path root, int changes) throws IOException {
        super(changes);
        this.root = root;
        Files.walkFileTree(
                root,
                new SimpleFileVisitor<Path>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        remember(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path folder, BasicFileAttributes attributes) throws IOException {
                        remember(folder);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    private synchronized Object key(Path path) throws IOException {
        var facts =
                Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        Object key = Objects.requireNonNull(facts.fileKey());
        if (!held.containsKey(key)) {
            held.put(key, FileChannel.open(path, StandardOpenOption.READ));
            isFolder.put(key, facts.isDirectory());
        }
        return key;
    }

    private synchronized void remember(Path path) throws IOException {
        Object key = key(path);
        if (Files.isDirectory(path)) {
            folders.put(key, namesIn(path));
        } else {
            contents.put(key, Files.readAllBytes(path));
        }
    }

    private Map<String, Object> namesIn(Path folder) throws IOException {
        var names = new TreeMap<String, Object>();
        for (Path entry : Leftovers.entries(folder)) {
            names.put(String.valueOf(entry.getFileName()), key(entry));
        }
        return names;
    }

    @Override
    void writeNew(Path file, byte[] content, Durability durability) throws IOException {
        super.writeNew(file, content, durability);
        if (durability == Durability.SYNCED) {
            remember(file);
        } else {
            key(file);
        }
    }

    @Override
    void sync(Path fileOrFolder) throws IOException {
        super.sync(fileOrFolder);
        remember(fileOrFolder);
    }

    /// Makes a copy of what is left if the power is lost now.
    void lose(Loss loss, Random chance, Path target) throws IOException {
        Object top = key(root);
        var now = new HashMap<Object, Path>();
        var names = new HashMap<Object, Map<String, Object>>();
        collect(root, top, now, names);
        restore(top, target, new Left(loss, chance, now, names));
    }

    private void collect(
            Path folder, Object key, Map<Object, Path> now, Map<Object, Map<String, Object>> names)
            throws IOException {
        var entries = namesIn(folder);
        names.put(key, entries);
        for (var entry : entries.entrySet()) {
            Path path = folder.resolve(entry.getKey());
            now.put(entry.getValue(), path);
            if (Boolean.TRUE.equals(isFolder.get(entry.getValue()))) {
                collect(path, entry.getValue(), now, names);
            }
        }
    }

    /// What there is when the power is lost.
    private record Left(
            Loss loss,
            Random chance,
            Map<Object, Path> now,
            Map<Object, Map<String, Object>> names) {
        /// Whether something that was not synced is on the disk all the same.
        boolean luck() {
            return switch (loss) {
                case EVERYTHING -> false;
                case CONTENTS -> true;
                case SOME -> chance.nextBoolean();
            };
        }
    }

    private void restore(Object key, Path target, Left left) throws IOException {
        Files.createDirectory(
                target,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        for (var entry : entries(key, left).entrySet()) {
            Path path = target.resolve(entry.getKey());
            if (Boolean.TRUE.equals(isFolder.get(entry.getValue()))) {
                restore(entry.getValue(), path, left);
            } else {
                Files.createFile(
                        path,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
                Files.write(path, content(entry.getValue(), left));
            }
        }
    }

    private Map<String, Object> entries(Object folder, Left left) {
        var synced = folders.getOrDefault(folder, Map.of());
        var now = left.names.getOrDefault(folder, synced);
        var all = new TreeSet<>(synced.keySet());
        all.addAll(now.keySet());
        var entries = new TreeMap<String, Object>();
        for (String name : all) {
            Object before = synced.get(name);
            Object after = now.get(name);
            Object kept = Objects.equals(before, after) || !left.luck() ? before : after;
            if (kept != null) {
                entries.put(name, kept);
            }
        }
        return entries;
    }

    private byte[] content(Object file, Left left) throws IOException {
        byte[] synced = contents.get(file);
        Path path = left.now.get(file);
        if (synced != null || path == null || left.loss == Loss.EVERYTHING) {
            return synced == null ? new byte[0] : synced;
        }
        byte[] whole = Files.readAllBytes(path);
        List<byte[]> possible = new ArrayList<>(List.of(new byte[0], new byte[whole.length]));
        if (left.loss == Loss.SOME) {
            possible.add(whole);
        }
        return possible.get(left.chance.nextInt(possible.size()));
    }

    @Override
    public void close() throws IOException {
        for (FileChannel each : held.values()) {
            each.close();
        }
    }
}
