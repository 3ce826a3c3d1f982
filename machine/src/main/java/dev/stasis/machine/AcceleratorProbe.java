package dev.stasis.machine;

import dev.stasis.Accelerator;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.AcceleratorFinding.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Finds out whether KVM really works here. `/dev/kvm` may be there and still interpret kernel
/// code, so slowly that no guest would boot: a payload without an operating system has to count to
/// twenty million in time. The answer is kept until kernel, QEMU or CPU change.
public final class AcceleratorProbe {
    /// Skips the looking: `kvm` or `tcg`.
    public static final String VARIABLE = "STASIS_ACCEL";

    private static final Path DEVICE = Path.of("/dev/kvm");
    private static final String CACHE = "accelerator";
    private static final String WITHOUT_MSR = MachineSpec.HOST_CPU + ",-arch-capabilities";
    private static final String SLOWER =
            "; software emulation is used, which is slower and no boundary for hostile code";

    private final Map<String, String> environment;
    private final Qemu qemu;
    private final Path payload;
    private final SmallCache cache;
    private final Duration deadline;

    /// Prepares to look.
    ///
    /// @param payload the firmware that counts
    /// @param cache a folder that keeps the answer
    public AcceleratorProbe(Qemu qemu, Path payload, Path cache) {
        this(System.getenv(), qemu, payload, new SmallCache(cache), PayloadRun.DEADLINE);
    }

    AcceleratorProbe(
            Map<String, String> environment,
            Qemu qemu,
            Path payload,
            SmallCache cache,
            Duration deadline) {
        this.environment = environment;
        this.qemu = qemu;
        this.payload = payload;
        this.cache = cache;
        this.deadline = deadline;
    }

    /// Which accelerator to use here. The first call on a computer takes up to a few seconds.
    public AcceleratorFinding find() {
        var wanted = environment.getOrDefault(VARIABLE, "");
        return switch (wanted) {
            case "" -> look();
            case "tcg" -> emulation(Reason.FORCED, VARIABLE + "=tcg asks for software emulation");
            case "kvm" -> force();
            default ->
                    throw new StasisException(
                            ErrorCode.INVALID_ARGUMENT,
                            VARIABLE + " is '" + wanted + "': it must be kvm, tcg or unset");
        };
    }

    private AcceleratorFinding look() {
        return obstacle().orElseGet(this::remembered);
    }

    /// KVM whatever its speed; only the CPU model is looked for.
    private AcceleratorFinding force() {
        var found = look();
        return switch (found.reason()) {
            case KVM_WORKS, TOO_SLOW ->
                    new AcceleratorFinding(
                            Accelerator.KVM,
                            found.reason() == Reason.KVM_WORKS ? found.cpu() : WITHOUT_MSR,
                            Reason.FORCED,
                            VARIABLE + "=kvm asks for KVM");
            case FORCED, NO_DEVICE, NO_PERMISSION, QEMU_FAILED ->
                    throw new StasisException(
                            ErrorCode.KVM_UNAVAILABLE,
                            VARIABLE + "=kvm can't be done: " + found.explanation());
        };
    }

    /// What can be seen without running anything.
    private static Optional<AcceleratorFinding> obstacle() {
        if (!Files.exists(DEVICE)) {
            return Optional.of(
                    emulation(
                            Reason.NO_DEVICE,
                            "there is no "
                                    + DEVICE
                                    + " (virtualisation is off in the firmware, or this is a virtual"
                                    + " machine that does not pass it on)"));
        }
        if (!Files.isReadable(DEVICE) || !Files.isWritable(DEVICE)) {
            return Optional.of(
                    emulation(
                            Reason.NO_PERMISSION,
                            "this user may not open "
                                    + DEVICE
                                    + " (add it to the group kvm: usermod -aG kvm USER)"));
        }
        return Optional.empty();
    }

    private AcceleratorFinding remembered() {
        String key = key();
        var known = cache.read(CACHE, key).flatMap(AcceleratorProbe::fromMap);
        if (known.isPresent()) {
            return known.get();
        }
        var found = run();
        cache.write(
                CACHE,
                key,
                Map.of(
                        "accelerator", found.accelerator().name(),
                        "cpu", found.cpu(),
                        "reason", found.reason().name(),
                        "explanation", found.explanation()));
        return found;
    }

    private String key() {
        try {
            return String.join(
                    " | ",
                    Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip(),
                    HostCpu.read().model(),
                    qemu.executable().toString(),
                    qemu.version().toString(),
                    qemu.fingerprint());
        } catch (IOException e) {
            throw new StasisException(ErrorCode.IO_FAILED, "The kernel's release can't be read", e);
        }
    }

    private static Optional<AcceleratorFinding> fromMap(Map<String, Object> map) {
        try {
            return Optional.of(
                    new AcceleratorFinding(
                            Accelerator.valueOf(String.valueOf(map.get("accelerator"))),
                            String.valueOf(map.get("cpu")),
                            Reason.valueOf(String.valueOf(map.get("reason"))),
                            String.valueOf(map.get("explanation"))));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /// Runs the payload; where the host refuses the one model register that is known to be refused,
    /// again without it.
    private AcceleratorFinding run() {
        var failures = new StringBuilder();
        for (var cpu : List.of(MachineSpec.HOST_CPU, WITHOUT_MSR)) {
            switch (new PayloadRun(qemu, payload, cpu, deadline).run()) {
                case PayloadRun.Passed(var took) -> {
                    return new AcceleratorFinding(
                            Accelerator.KVM,
                            cpu,
                            Reason.KVM_WORKS,
                            "KVM works: the payload ran in " + took.toMillis() + " ms");
                }
                case PayloadRun.TooSlow() -> {
                    return emulation(
                            Reason.TOO_SLOW,
                            DEVICE
                                    + " is there, but the payload did not end in "
                                    + deadline.toMillis()
                                    + " ms: kernel code seems to be interpreted");
                }
                case PayloadRun.Failed(var how) ->
                        failures.append(failures.isEmpty() ? "" : "; ")
                                .append(cpu)
                                .append(": ")
                                .append(how);
            }
        }
        return emulation(Reason.QEMU_FAILED, "QEMU can't run under KVM: " + failures);
    }

    private static AcceleratorFinding emulation(Reason reason, String why) {
        return new AcceleratorFinding(
                Accelerator.TCG, MachineSpec.EMULATED_CPU, reason, why + SLOWER);
    }
}
