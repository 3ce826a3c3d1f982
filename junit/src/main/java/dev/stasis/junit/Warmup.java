package dev.stasis.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Marks the static method that prepares a sandbox before it is captured: starts its programs,
/// waits for them and loads their data. It has one parameter of type {@link dev.stasis.Sandbox} and
/// is called once; with the snapshot of an earlier run it isn't called at all. What it leaves
/// running goes on in every fork.
///
/// The snapshot is made anew when one of these is another than before: the image, what {@link
/// Sandboxed} says, the class files of the class that has this method, of its superclasses and of
/// the classes in them, or one of the {@link #inputs} and {@link #classes}. So a warm-up that
/// stands in a base class of its own is not run again whenever a test changes.
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface Warmup {
    /// What the method reads: files or folders, from the folder that the tests run in, or else
    /// resources, as {@link Class#getResource} of its class takes them.
    String[] inputs() default {};

    /// Other classes whose code decides what the method does.
    Class<?>[] classes() default {};

    /// How long it may take, in seconds.
    int timeoutSeconds() default 600;
}
