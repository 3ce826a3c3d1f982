package dev.stasis.local;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What a template depends on, as one digest: the image, the kernel, agent and empty disk, the
/// kernel's command line, and all that a restore compares, such as QEMU's version, the accelerator,
/// the CPU and the memory.
final class TemplateKey {
    /// To be changed when templates are made otherwise.
    private static final int FORMAT = 1;

    private TemplateKey() {}

    /// @param image the digest of the image
    /// @param resources the digest of what guests boot from
    /// @param plan the machine
    static String of(String image, String resources, MachinePlan plan) {
        var all =
                Map.of(
                        "format",
                        FORMAT,
                        "image",
                        image,
                        "resources",
                        resources,
                        "commandLine",
                        plan.kernelCommandLine(),
                        "machine",
                        plan.facts());
        try {
            byte[] text = canonical(all).getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every Java has it
        }
    }

    /// The same text for equal values, in every process.
    private static String canonical(Object value) {
        return switch (value) {
            case Map<?, ?> map -> {
                var sorted = new TreeMap<String, String>();
                map.forEach((key, each) -> sorted.put(String.valueOf(key), canonical(each)));
                yield sorted.toString();
            }
            case List<?> list -> list.stream().map(TemplateKey::canonical).toList().toString();
            default -> value.toString();
        };
    }
}
