package dev.stasis.store;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/// A home with the few things that most tests do in one.
final class TestHome {
    static final Setup SETUP =
            new Setup(
                    new Setup.Image("busybox", "d1"),
                    ByteSize.ofMebibytes(512),
                    2,
                    new Setup.Most(ByteSize.ofMebibytes(4096), 8),
                    Map.of("K", "V"),
                    "TCG",
                    Map.of("machine", "pc-q35-7.2", "devices", java.util.List.of("a", "b")));

    final Home home;
    final SandboxStore sandboxes;
    final SnapshotStore snapshots;

    private TestHome(Home home) {
        this.home = home;
        this.sandboxes = home.sandboxes();
        this.snapshots = home.snapshots();
    }

    static TestHome open(Path root) {
        return new TestHome(Home.open(root));
    }

    static TestHome open(Path root, Disk disk) {
        return new TestHome(Home.open(root, Host.current(), disk));
    }

    /// The home as it is opened some time later.
    static TestHome later(Path root, Duration later) {
        var host = Host.current();
        var then =
                new Host(
                        host.environment(),
                        host.uid(),
                        host.bootId(),
                        InstantSource.fixed(Instant.now().plus(later)));
        return new TestHome(Home.open(root, then, new Disk()));
    }

    /// The home as it is opened after the computer was restarted.
    static TestHome afterRestart(Path root) {
        return afterRestart(root, new Disk());
    }

    private static TestHome afterRestart(Path root, Disk disk) {
        var host = Host.current();
        var restarted = new Host(host.environment(), host.uid(), "another-boot", host.clock());
        return new TestHome(Home.open(root, restarted, disk));
    }

    /// What another process needs to run the classes of these tests.
    static String classPath() {
        return String.join(
                ":",
                System.getProperty("jdk.module.path", ""),
                System.getProperty("java.class.path"),
                "target/classes",
                "target/test-classes");
    }

    /// A running sandbox that booted.
    SandboxRecord booted(String name) {
        return running(SandboxRecord.of(name, SETUP).withLayers(Layers.booted("disk-0.qcow2")));
    }

    /// A running sandbox restored from a snapshot.
    SandboxRecord forked(String name, String base) {
        return running(SandboxRecord.of(name, SETUP).withBase(base, "disk-0.qcow2"));
    }

    private SandboxRecord running(SandboxRecord creating) {
        try (var _ = sandboxes.create(creating)) {
            Files.writeString(home.sandboxFolder(creating.name()).resolve("disk-0.qcow2"), "disk");
            var running = creating.withState(SandboxRecord.State.RUNNING);
            sandboxes.update(running, Durability.UNSYNCED);
            return running;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// Takes a snapshot of a sandbox as it really is done.
    ///
    /// @return its id
    String snapshot(String name) {
        var source = sandboxes.get(name);
        String id = Ids.next();
        String next = "disk-" + id + ".qcow2";
        var layers = source.layers().capturing(id, next);
        sandboxes.update(source.withLayers(layers), Durability.UNSYNCED);
        Path folder = home.sandboxFolder(name);
        try (var staging = snapshots.begin(id)) {
            Files.writeString(folder.resolve(next), "next disk");
            Files.writeString(staging.file("ram.img", Part.MEMORY), "memory of " + name);
            Files.writeString(staging.file("devices", Part.MEMORY), "devices of " + name);
            staging.adopt(folder.resolve(String.valueOf(layers.disk())), "disk.qcow2", Part.DISK);
            var manifest = SnapshotManifest.of(id, source);
            var published =
                    staging.publish(
                            source.base() == null ? manifest.withoutMemoryBase() : manifest);
            sandboxes.update(source.withLayers(layers.captured(published)), Durability.UNSYNCED);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return id;
    }

    /// Ends the machine of a sandbox, which may need the memory of its last snapshot.
    void stop(String name) {
        sandboxes.update(sandboxes.get(name).stopped("the test", null), Durability.UNSYNCED);
    }

    void remove(String name) {
        sandboxes.remove(name);
        snapshots.collect();
    }

    boolean has(String snapshot) {
        return Files.exists(home.snapshotFolder(snapshot));
    }

    boolean hasMemory(String snapshot) {
        return Files.exists(home.snapshotFolder(snapshot).resolve("ram.img"));
    }

    static StasisException assertFails(ErrorCode code, ThrowingCallable call) {
        var failure = Assertions.catchThrowableOfType(StasisException.class, call);
        Assertions.assertThat(failure).isNotNull();
        Assertions.assertThat(failure.code()).as(failure.toString()).isEqualTo(code);
        return failure;
    }
}
