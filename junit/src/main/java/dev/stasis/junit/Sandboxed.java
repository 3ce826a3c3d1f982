package dev.stasis.junit;

import dev.stasis.Network;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/// Gives each test of a class a fork of a sandbox that was warmed up once. A test method, and the
/// methods that JUnit calls before and after each test, ask for it with a parameter of type {@link
/// dev.stasis.Sandbox}; all of one test get the same fork, and it is removed after the test.
///
/// The sandbox is made from the image, a {@link Warmup} method prepares it, and a snapshot of it is
/// kept between runs. A class can have several, each with a {@link #name}. Subclasses and nested
/// classes have those of the class that they belong to. The annotation can stand on annotations of
/// your own.
@Target({ElementType.TYPE, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@Repeatable(Sandboxed.Several.class)
@ExtendWith(SandboxedExtension.class)
public @interface Sandboxed {
    /// What it is called, where a class has several: a name as sandboxes have, of at most 20
    /// letters.
    String name() default "sandbox";

    /// The image, as {@link dev.stasis.SandboxBuilder#image} takes it. A file is looked for from
    /// the folder that the tests run in.
    String image() default "busybox";

    /// The memory, such as `"1G"`; none = what sandboxes usually have.
    String memory() default "";

    /// How many CPUs.
    int cpus() default 1;

    /// The size of the disk, such as `"10G"`; none = what sandboxes usually have.
    String disk() default "";

    /// Variables of every command, each as `NAME=value`.
    String[] env() default {};

    /// The ports on which its programs listen. Each is published on a free port of 127.0.0.1, in
    /// the warm-up and in every fork, and {@link dev.stasis.Sandbox#address} says where. A fork is
    /// handed out once all of them take connections.
    int[] ports() default {};

    /// How long a fork's ports may take until they do, in seconds.
    int readySeconds() default 60;

    /// What it and its forks can reach; published ports need no network. {@link Network#NAT} needs
    /// the program passt. Connections that the warm-up left open end in the forks.
    Network network() default Network.NONE;

    /// Several in one class.
    @Target({ElementType.TYPE, ElementType.ANNOTATION_TYPE})
    @Retention(RetentionPolicy.RUNTIME)
    @Documented
    @Inherited
    @ExtendWith(SandboxedExtension.class)
    @interface Several {
        /// All of them.
        Sandboxed[] value();
    }
}
