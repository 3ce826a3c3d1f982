package dev.stasis.junit;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What a warmed snapshot depends on, as one digest: the image, the settings, the code of the
/// warm-up and what it reads.
final class WarmKey {
    /// To be changed when snapshots are warmed otherwise.
    private static final String FORMAT = "1";

    private static final int LETTERS = 12;

    private final MessageDigest digest;

    private WarmKey() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every Java has it
        }
    }

    /// @param image what tells the image's content from another's
    static String of(Definition definition, String image) {
        var key = new WarmKey();
        key.add(FORMAT, image);
        definition.facts().forEach(key::add);
        definition
                .warmup()
                .ifPresent(warmup -> {
                    key.add(warmup.method().toString());
                    key.addClasses(warmup);
                    for (String input : warmup.said().inputs()) {
                        key.addInput(input, warmup);
                    }
                });
        return key.text();
    }

    /// A few letters that stand for some words.
    static String of(String... words) {
        var key = new WarmKey();
        key.add(words);
        return key.text();
    }

    /// The digest of a file's content.
    static String ofFile(Path file) {
        var key = new WarmKey();
        key.addFile("", file);
        return HexFormat.of().formatHex(key.digest.digest());
    }

    private String text() {
        return HexFormat.of().formatHex(digest.digest()).substring(0, LETTERS);
    }

    private void add(String... words) {
        for (String word : words) {
            byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
            digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
            digest.update(bytes);
        }
    }

    private void addClasses(WarmupMethod warmup) {
        var code = new TreeMap<String, Class<?>>();
        Class<?> level = warmup.method().getDeclaringClass();
        while (level != null && level.getClassLoader() != null) {
            addWithThoseInIt(level, code);
            level = level.getSuperclass();
        }
        for (var each : warmup.said().classes()) {
            addWithThoseInIt(each, code);
        }
        code.forEach((name, each) -> {
            try (var in =
                    each.getResourceAsStream(
                            name.substring(name.lastIndexOf('.') + 1) + ".class")) {
                if (in == null) {
                    throw unreadable(
                            "the class file of " + name, warmup, new IOException("it has none"));
                }
                addStream(name, in);
            } catch (IOException e) {
                throw unreadable("the class file of " + name, warmup, e);
            }
        });
    }

    private static void addWithThoseInIt(Class<?> outer, Map<String, Class<?>> code) {
        Arrays.stream(outer.getNestMembers())
                .filter(each -> each == outer || each.getName().startsWith(outer.getName() + "$"))
                .forEach(each -> code.put(each.getName(), each));
    }

    private void addInput(String input, WarmupMethod warmup) {
        var path = Path.of(input);
        if (Files.isDirectory(path)) {
            filesIn(path, warmup).forEach(file -> addFile(path.relativize(file).toString(), file));
            return;
        }
        if (Files.exists(path)) {
            addFile(input, path);
            return;
        }
        try (var in = warmup.method().getDeclaringClass().getResourceAsStream(input)) {
            if (in == null) {
                throw new StasisException(
                        ErrorCode.INVALID_ARGUMENT,
                        "The warm-up %s has the input '%s', which is neither a file (from %s) nor a resource of its class: correct @Warmup(inputs = …)"
                                .formatted(warmup.title(), input, Path.of("").toAbsolutePath()));
            }
            addStream(input, in);
        } catch (IOException e) {
            throw unreadable("the resource " + input, warmup, e);
        }
    }

    private static List<Path> filesIn(Path folder, WarmupMethod warmup) {
        try (var files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException e) {
            throw unreadable("the folder " + folder, warmup, e);
        }
    }

    private void addFile(String name, Path file) {
        try (var in = Files.newInputStream(file)) {
            addStream(name, in);
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED,
                    "The file %s, on which a warmed snapshot depends, can't be read"
                            .formatted(file.toAbsolutePath()),
                    e);
        }
    }

    private void addStream(String name, InputStream in) throws IOException {
        var own = new WarmKey();
        byte[] buffer = new byte[1 << 16];
        int count = in.read(buffer);
        while (count >= 0) {
            own.digest.update(buffer, 0, count);
            count = in.read(buffer);
        }
        add(name);
        digest.update(own.digest.digest());
    }

    private static StasisException unreadable(String what, WarmupMethod warmup, IOException cause) {
        return new StasisException(
                ErrorCode.IO_FAILED,
                "%s, on which the warm-up %s depends, can't be read"
                        .formatted(what, warmup.title()),
                cause);
    }
}
