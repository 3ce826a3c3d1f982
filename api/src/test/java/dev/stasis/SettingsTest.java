package dev.stasis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SettingsTest {
    @Test
    void sandboxDefaultsAreTheDocumentedOnes() {
        var settings = new SandboxBuilder().build();

        assertThat(settings.image()).isEqualTo("busybox");
        assertThat(settings.memory()).isEqualTo(ByteSize.parse("512M"));
        assertThat(settings.cpus()).isEqualTo(1);
        assertThat(settings.limits().memory()).isEqualTo(ByteSize.parse("64G"));
        assertThat(settings.limits().cpus())
                .isEqualTo(Math.clamp(Runtime.getRuntime().availableProcessors(), 8, 64));
        assertThat(settings.env()).isEqualTo(Environment.NONE);
        assertThat(settings.binding()).isEqualTo(new SandboxSettings.Binding(true, false));
        assertThat(settings.terms()).isEqualTo(SandboxTerms.NONE);
    }

    @Test
    void termsAreAddedToEachOther() {
        var terms =
                new SandboxBuilder()
                        .label("a", "1")
                        .label("b", "2")
                        .idleTimeout(Duration.ofMinutes(1))
                        .maxDuration(Duration.ofHours(1))
                        .replace()
                        .build()
                        .terms();
        assertThat(terms.labels()).containsOnlyKeys("a", "b");
        assertThat(terms.lifetime())
                .isEqualTo(
                        new Lifetime(
                                Optional.of(Duration.ofMinutes(1)),
                                Optional.of(Duration.ofHours(1))));
        assertThat(terms.replaces()).isTrue();
        assertRefused(
                () -> new RestoreBuilder().idleTimeout(Duration.ofMillis(999)),
                ErrorCode.INVALID_ARGUMENT,
                "PT0.999S");
    }

    @Test
    void execDefaultsAreTheDocumentedOnes() {
        var settings = new ExecBuilder().command("true").build();

        assertThat(settings.timeout()).contains(Duration.ofMinutes(10));
        assertThat(settings.start())
                .isEqualTo(
                        new ExecSettings.Start(
                                Optional.empty(), Optional.empty(), ExecSettings.Program.GIVEN));
        assertThat(settings.env()).isEqualTo(Environment.NONE);
        assertThat(settings.outputLimit()).isEqualTo(ByteSize.parse("64M"));
        assertThat(settings.streams())
                .isEqualTo(
                        new ExecSettings.Streams(
                                Optional.empty(), Optional.empty(), Optional.empty()));
    }

    @Test
    void limitsAreNeverBelowWhatASandboxBeginsWith() {
        var large = new SandboxBuilder().cpus(64).memory("100G").build();
        assertThat(large.limits()).isEqualTo(new SizeLimits(64, ByteSize.parse("100G")));
        assertRefused(
                () -> new SandboxBuilder().cpus(2).maxCpus(1).build(),
                ErrorCode.LIMIT_EXCEEDED,
                "limits of 1 CPUs");
        assertRefused(
                () -> new SandboxBuilder().maxMemory("256M").build(),
                ErrorCode.LIMIT_EXCEEDED,
                "256M");
        assertRefused(() -> new RestoreBuilder().memory("0").build(), ErrorCode.INVALID_SIZE, "0B");
        assertRefused(
                () -> new RestoreBuilder().cpus(-1).build(), ErrorCode.INVALID_ARGUMENT, "-1");
    }

    @Test
    void restoreChangesNothingByDefault() {
        var settings = new RestoreBuilder().build();

        assertThat(settings.env()).isEqualTo(Environment.NONE);
        assertThat(settings.binding()).isEqualTo(new SandboxSettings.Binding(true, false));
        assertThat(settings.terms()).isEqualTo(SandboxTerms.NONE);
    }

    @Test
    void wrongSettingsAreRefusedWithTheValueFound() {
        assertRefused(
                () -> new SandboxBuilder().memory("64M").build(), ErrorCode.INVALID_SIZE, "64M");
        assertRefused(
                () -> new SandboxBuilder().cpus(0).build(), ErrorCode.INVALID_ARGUMENT, "0 CPUs");
        assertRefused(
                () -> new SandboxBuilder().cpus(65).build(), ErrorCode.INVALID_ARGUMENT, "65 CPUs");
        assertRefused(
                () -> new SandboxBuilder().image(" ").build(), ErrorCode.INVALID_ARGUMENT, "image");
        assertRefused(
                () -> new SandboxBuilder().env("A=B", "c").build(),
                ErrorCode.INVALID_ARGUMENT,
                "A=B");
        assertRefused(
                () -> new RestoreBuilder().env("", "c").build(), ErrorCode.INVALID_ARGUMENT, "''");
        assertRefused(() -> new ExecBuilder().build(), ErrorCode.INVALID_ARGUMENT, "program");
        assertRefused(
                () -> new ExecBuilder().command("ls").folder("tmp").build(),
                ErrorCode.INVALID_ARGUMENT,
                "tmp");
        assertRefused(
                () -> new ExecBuilder().command("ls").user(":0").build(),
                ErrorCode.INVALID_ARGUMENT,
                "':0'");
        assertRefused(
                () -> new ExecBuilder().command("ls").timeout(Duration.ZERO).build(),
                ErrorCode.INVALID_ARGUMENT,
                "PT0S");
    }

    private static void assertRefused(Runnable call, ErrorCode code, String found) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        StasisException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(found);
    }
}
