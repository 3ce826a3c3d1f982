package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.ImageInfo;
import dev.stasis.PullPolicy;
import dev.stasis.StasisException;
import dev.stasis.cli.Main;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Sandboxes of images that come from a registry by their names.
class ImagesTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    @Test
    void anImageOfARegistryRunsByItsNameAndStaysAsLongAsItIsNeeded() throws Exception {
        try (var registry = Registry.start()) {
            push(registry);
            var name = registry.host() + "/team/box:1";
            refused(
                    ErrorCode.IMAGE_NOT_FOUND,
                    () ->
                            MACHINES.stasis()
                                    .create(
                                            "app",
                                            s ->
                                                    s.image(name)
                                                            .pull(p ->
                                                                    p.policy(PullPolicy.NEVER))));
            try (var app =
                    MACHINES.stasis().create("app", s -> s.image(name).pull(p -> p.plainHttp()))) {
                assertThat(Guest.of(app).sh("id -u; pwd; echo $GREETING"))
                        .isEqualTo("1000\n/srv\nhello");
                assertThat(image(name).users()).containsExactly("sandbox app");
                inUse(name, "sandbox app");
                app.snapshot().saveNamed("kept");
            }
            inUse(name, "snapshot kept");
            assertThat(MACHINES.stasis().images().prune()).isEmpty();
            runsByTheCommandLine(registry, name);
            MACHINES.stasis().deleteSnapshot("kept");

            assertThat(Leaks.templates(MACHINES.home())).hasSize(1);
            var removed = MACHINES.stasis().images().prune();
            assertThat(removed).extracting(ImageInfo::names).containsExactly(List.of(name));
            assertThat(Leaks.templates(MACHINES.home())).as("its template goes with it").isEmpty();
            refused(ErrorCode.IMAGE_NOT_FOUND, () -> image(name));
        }
    }

    /// The built-in image, saved, given a configuration by umoci and put there by skopeo.
    private static void push(Registry registry) throws Exception {
        try (var out = Files.newOutputStream(registry.folder().resolve("box.tar"))) {
            MACHINES.stasis().images().save("busybox", out);
        }
        registry.run("skopeo", "copy", "--quiet", "docker-archive:box.tar", "oci:box:1");
        registry.run(
                "umoci",
                "config",
                "--image",
                "box:1",
                "--config.env",
                "GREETING=hello",
                "--config.user",
                "1000",
                "--config.workingdir",
                "/srv",
                "--config.entrypoint",
                "/bin/sh",
                "--config.entrypoint",
                "-c",
                "--config.cmd",
                "echo $GREETING from $0");
        registry.run(
                "skopeo",
                "copy",
                "--quiet",
                "--dest-tls-verify=false",
                "oci:box:1",
                "docker://" + registry.host() + "/team/box:1");
    }

    private static void runsByTheCommandLine(Registry registry, String name) throws Exception {
        assertThat(cli("run", "--plain-http", name).output()).contains("hello from /bin/sh");
        assertThat(cli("run", name, "--", "echo $((6 * 7))").output()).contains("42");
        assertThat(cli("images", "ls").output()).contains(name, "snapshot kept");
        assertThat(cli("images", "pull", "--plain-http", name).output().strip())
                .isEqualTo(image(name).digest());
        assertThat(cli("images", "rm", name).exitCode())
                .isEqualTo(ErrorCode.IMAGE_IN_USE.category().exitCode());
        var none = cli("images", "pull", "--plain-http", registry.host() + "/team/none:1");
        assertThat(none.exitCode()).isEqualTo(ErrorCode.IMAGE_NOT_FOUND.category().exitCode());
        assertThat(none.output()).contains("check the name and the tag");
    }

    private static OtherJvm.Ended cli(String... args) throws Exception {
        return OtherJvm.on(MACHINES.home()).runToEnd(Main.class, args);
    }

    private static ImageInfo image(String name) {
        return MACHINES.stasis().images().get(name);
    }

    private static void inUse(String name, String by) {
        assertThatThrownBy(() -> MACHINES.stasis().images().remove(name))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_IN_USE))
                .hasMessageContaining(by);
    }

    private static void refused(
            ErrorCode code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StasisException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
