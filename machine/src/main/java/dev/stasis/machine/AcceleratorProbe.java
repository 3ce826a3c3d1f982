package dev.stasis.machine;

import dev.stasis.Accelerator;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.AcceleratorFinding.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Finds out whether KVM really works here. `/dev/kvm` may be there and still interpret kernel
/// code, so slowly that no guest would boot: a payload without an operating system has to count to
/// twenty million in time. The answer is kept until kernel, QEMU or CPU change.
public final class AcceleratorProbe {
    /// Skips the looking: `kvm` or `tcg`.
    public static final String VARIABLE = "STASIS_ACCEL";

    private static final String CACHE = "accelerator";
    private static final String WITHOUT_MSR = MachineSpec.HOST_CPU + ",-arch-capabilities";

    private final Host host;
    private final ProbeTools tools;
    private final SmallCache cache;

    /// What is looked at.
    ///
    /// @param environment may force an answer
    /// @param device of KVM
    /// @param patience how long the payload may take
    record Host(Map<String, String> environment, Path device, Duration patience) {
        static Host real() {
            return new Host(System.getenv(), Path.of("/dev/kvm"), Duration.ofSeconds(3));
        }
    }

    /// What was found by running the payload, and the CPU model it was run with.
    private record Trial(AcceleratorFinding finding, String cpu) {}

    /// Prepares to look.
    ///
    /// @param tools what KVM is tried with, if it is
    /// @param cache a folder that keeps the answer
    public AcceleratorProbe(ProbeTools tools, Path cache) {
        this(Host.real(), tools, new SmallCache(cache));
    }

    AcceleratorProbe(Host host, ProbeTools tools, SmallCache cache) {
        this.host = host;
        this.tools = tools;
        this.cache = cache;
    }

    /// Which accelerator to use here. The first call on a computer takes up to a few seconds.
    ///
    /// @throws StasisException when `STASIS_ACCEL` asks for what can't be done, or KVM can't be
    ///   tried
    public AcceleratorFinding find() {
        var wanted = host.environment().getOrDefault(VARIABLE, "");
        return switch (wanted) {
            case "" -> obstacle().orElseGet(() -> remembered().finding());
            case "tcg" -> emulation(Reason.FORCED, VARIABLE + "=tcg asks for software emulation");
            case "kvm" -> force();
            default ->
                    throw new StasisException(
                            ErrorCode.INVALID_ARGUMENT,
                            VARIABLE + " is '" + wanted + "': it must be kvm, tcg or unset");
        };
    }

    /// KVM whatever its speed; only whether QEMU starts with it, and with which CPU model, counts.
    private AcceleratorFinding force() {
        var obstacle = obstacle();
        if (obstacle.isPresent()) {
            throw impossible(obstacle.get());
        }
        var trial = remembered();
        if (trial.finding().reason() == Reason.QEMU_FAILED) {
            throw impossible(trial.finding());
        }
        return new AcceleratorFinding(
                Accelerator.KVM, trial.cpu(), Reason.FORCED, VARIABLE + "=kvm asks for KVM");
    }

    private static StasisException impossible(AcceleratorFinding found) {
        return new StasisException(
                ErrorCode.KVM_UNAVAILABLE, VARIABLE + "=kvm can't be done: " + found.explanation());
    }

    /// What can be seen without running anything.
    private Optional<AcceleratorFinding> obstacle() {
        if (!Files.exists(host.device())) {
            return Optional.of(
                    emulation(
                            Reason.NO_DEVICE,
                            "there is no "
                                    + host.device()
                                    + " (virtualisation is off in the firmware, or this is a virtual"
                                    + " machine that does not pass it on)"));
        }
        if (!Files.isReadable(host.device()) || !Files.isWritable(host.device())) {
            return Optional.of(
                    emulation(
                            Reason.NO_PERMISSION,
                            "this user may not open "
                                    + host.device()
                                    + " (add it to the group kvm: usermod -aG kvm USER)"));
        }
        return Optional.empty();
    }

    private Trial remembered() {
        String key = key();
        var known = cache.read(CACHE, key).flatMap(AcceleratorProbe::fromMap);
        if (known.isPresent()) {
            return known.get();
        }
        var trial = run();
        cache.write(CACHE, key, toMap(trial));
        return trial;
    }

    private static Map<String, Object> toMap(Trial trial) {
        return Map.of(
                "accelerator", trial.finding().accelerator().name(),
                "cpu", trial.finding().cpu(),
                "reason", trial.finding().reason().name(),
                "explanation", trial.finding().explanation(),
                "tried", trial.cpu());
    }

    private static Optional<Trial> fromMap(Map<String, Object> map) {
        try {
            var finding =
                    new AcceleratorFinding(
                            Accelerator.valueOf(String.valueOf(map.get("accelerator"))),
                            String.valueOf(map.get("cpu")),
                            Reason.valueOf(String.valueOf(map.get("reason"))),
                            String.valueOf(map.get("explanation")));
            return Optional.of(new Trial(finding, String.valueOf(map.get("tried"))));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private String key() {
        var qemu = tools.qemu();
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

    /// Runs the payload; where the host refuses the one model register that is known to be refused,
    /// again without it.
    private Trial run() {
        var failures = new ArrayList<String>();
        for (var cpu : List.of(MachineSpec.HOST_CPU, WITHOUT_MSR)) {
            switch (new PayloadRun(tools, cpu, host.patience()).run()) {
                case PayloadRun.Passed(var took) -> {
                    return new Trial(works(cpu, took), cpu);
                }
                case PayloadRun.TooSlow() -> {
                    return new Trial(tooSlow(), cpu);
                }
                case PayloadRun.Failed(var how) -> failures.add(cpu + ": " + how);
            }
        }
        return new Trial(
                emulation(
                        Reason.QEMU_FAILED,
                        "QEMU can't run under KVM: " + String.join("; ", failures)),
                WITHOUT_MSR);
    }

    private static AcceleratorFinding works(String cpu, Duration took) {
        return new AcceleratorFinding(
                Accelerator.KVM,
                cpu,
                Reason.KVM_WORKS,
                "KVM works: the payload ran in " + took.toMillis() + " ms");
    }

    private AcceleratorFinding tooSlow() {
        return emulation(
                Reason.TOO_SLOW,
                host.device()
                        + " is there, but the payload did not end in "
                        + host.patience().toMillis()
                        + " ms: kernel code seems to be interpreted");
    }

    private static AcceleratorFinding emulation(Reason reason, String why) {
        return new AcceleratorFinding(Accelerator.TCG, MachineSpec.EMULATED_CPU, reason, why);
    }
}
