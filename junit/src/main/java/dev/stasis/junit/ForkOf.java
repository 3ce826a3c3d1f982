package dev.stasis.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Says which of several sandboxes a parameter means. Without it the parameter's own name does,
/// where the class was compiled with `-parameters`.
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface ForkOf {
    /// The {@link Sandboxed#name} of the sandbox.
    String value();
}
