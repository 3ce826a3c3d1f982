package dev.stasis.guest;

import static dev.stasis.guest.AgentConnectionTest.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestResourcesTest {
    private static final List<String> NAMES =
            List.of(
                    "vmlinux",
                    "initrd",
                    "busybox.sqfs",
                    "blank.qcow2",
                    "launcher",
                    "tracker.so",
                    "payload.rom");

    @TempDir Path folder;
    private final Map<String, byte[]> files = new TreeMap<>();
    private final AtomicInteger opened = new AtomicInteger();

    @BeforeEach
    void makeFiles() throws Exception {
        var properties = new StringBuilder();
        for (String name : NAMES) {
            byte[] bytes = name.repeat(10_000).getBytes(StandardCharsets.UTF_8);
            files.put(name, bytes);
            properties.append("size." + name + "=" + bytes.length + "\n");
            properties.append("sha256." + name + "=" + sha256(bytes) + "\n");
        }
        properties.append("digest=" + "ab".repeat(32) + "\n");
        files.put("resources.properties", properties.toString().getBytes(StandardCharsets.UTF_8));
    }

    private ResourceSource source() {
        return name -> {
            opened.incrementAndGet();
            byte[] bytes = files.get(name);
            if (bytes == null) {
                throw new IOException(name);
            }
            return new ByteArrayInputStream(bytes);
        };
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    @Test
    void filesAreExtractedOnceAndReadOnly() throws Exception {
        GuestResources first = GuestResources.extract(folder.resolve("boot"), source());
        assertThat(first.kernel()).hasBinaryContent(files.get("vmlinux"));
        Path version = folder.resolve("boot").resolve(first.digest());
        assertThat(first.kernel()).isEqualTo(version.resolve("vmlinux"));
        assertThat(mode(first.kernel())).isEqualTo("r--------");
        assertThat(mode(first.launcher())).isEqualTo("r-x------");
        assertThat(mode(version)).isEqualTo("rwx------");
        assertThat(first.kvmPayload()).isRegularFile();
        assertThat(opened).hasValue(1 + NAMES.size());
        assertThat(GuestResources.extract(folder.resolve("boot"), source())).isEqualTo(first);
        assertThat(opened).hasValue(2 + NAMES.size());
        try (var left = Files.list(version)) {
            assertThat(left.map(f -> version.relativize(f).toString()))
                    .containsExactlyInAnyOrderElementsOf(NAMES);
        }
    }

    @Test
    void fileThatWasCutOrRemovedIsExtractedAgain() throws Exception {
        GuestResources first = GuestResources.extract(folder, source());
        Files.delete(first.initrd());
        Files.writeString(first.initrd(), "cut");
        Files.delete(first.blankDisk());
        Files.writeString(first.kernel().resolveSibling("vmlinux.aside"), "left over");
        GuestResources again = GuestResources.extract(folder, source());
        assertThat(again.initrd()).hasBinaryContent(files.get("initrd"));
        assertThat(again.blankDisk()).hasBinaryContent(files.get("blank.qcow2"));
    }

    @Test
    void manyAtOnceExtractOnce() throws Exception {
        var results = new ArrayList<Future<GuestResources>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 20; i++) {
                results.add(threads.submit(() -> GuestResources.extract(folder, source())));
            }
        }
        for (Future<GuestResources> result : results) {
            assertThat(result.get().launcher()).isExecutable();
        }
        assertThat(opened).hasValue(20 + NAMES.size());
    }

    @Test
    void damagedResourcesAreRefusedAndLeaveNothing() throws Exception {
        files.put("initrd", "wrong".getBytes(StandardCharsets.UTF_8));
        assertFails(
                ErrorCode.STORE_DAMAGED,
                "initrd has the digest " + sha256(files.get("initrd")) + " instead of",
                () -> GuestResources.extract(folder, source()));
        assertThat(folder.resolve("ab".repeat(32)).resolve("initrd")).doesNotExist();
        assertThat(folder.resolve("ab".repeat(32)).resolve("initrd.aside")).doesNotExist();
        files.put("resources.properties", "digest=../x\n".getBytes(StandardCharsets.UTF_8));
        assertFails(
                ErrorCode.STORE_DAMAGED,
                "size.vmlinux",
                () -> GuestResources.extract(folder, source()));
        files.remove("resources.properties");
        assertFails(
                ErrorCode.STORE_DAMAGED,
                "resources.properties",
                () -> GuestResources.extract(folder, source()));
    }

    @Test
    void folderThatCannotBeWrittenIsTold() throws Exception {
        Files.writeString(folder.resolve("boot"), "a file");
        assertFails(
                ErrorCode.HOME_UNUSABLE,
                "is it writable?",
                () -> GuestResources.extract(folder.resolve("boot"), source()));
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
