package dev.stasis.junit;

import dev.stasis.ErrorCode;
import dev.stasis.Sandbox;
import dev.stasis.SandboxState;
import dev.stasis.StasisException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.platform.commons.support.ReflectionSupport;

/// A method that prepares a sandbox.
record WarmupMethod(Method method) {
    /// How long a method that was interrupted has to come to its end.
    private static final Duration GRACE = Duration.ofSeconds(10);

    String title() {
        return method.getDeclaringClass().getSimpleName() + "." + method.getName();
    }

    Warmup said() {
        return method.getAnnotation(Warmup.class);
    }

    Duration longest() {
        int seconds = said().timeoutSeconds();
        if (seconds < 1) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "The warm-up %s has a timeout of %d seconds: give 1 or more"
                            .formatted(title(), seconds));
        }
        return Duration.ofSeconds(seconds);
    }

    /// Runs the method on a thread of its own, so that one that never ends is left alone after its
    /// time. The sandbox is removed then, which ends whatever it waits for in there.
    ///
    /// @throws StasisException when it fails, when its time is over, or when it leaves the sandbox
    ///   without a machine
    void prepare(Sandbox sandbox) {
        Duration longest = longest();
        var call =
                new FutureTask<Object>(() -> ReflectionSupport.invokeMethod(method, null, sandbox));
        var thread = Thread.ofPlatform().daemon().name("warm-up " + title()).unstarted(call);
        thread.setContextClassLoader(Thread.currentThread().getContextClassLoader());
        thread.start();
        try {
            call.get(longest.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw failed(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            String place = place(thread);
            end(thread, sandbox);
            throw new StasisException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "The warm-up %s did not end within %d s, and was %s: nothing was kept. Give it more with @Warmup(timeoutSeconds = …) if it needs that"
                            .formatted(title(), longest.toSeconds(), place),
                    e);
        } catch (InterruptedException e) {
            end(thread, sandbox);
            Thread.currentThread().interrupt();
            throw new StasisException(
                    ErrorCode.INTERRUPTED,
                    "The warm-up %s was interrupted: nothing was kept".formatted(title()),
                    e);
        }
        requireMachine(sandbox);
    }

    private static void end(Thread thread, Sandbox sandbox) {
        sandbox.close();
        thread.interrupt();
        try {
            thread.join(GRACE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String place(Thread thread) {
        return Arrays.stream(thread.getStackTrace())
                .filter(frame -> frame.getClassName().equals(method.getDeclaringClass().getName()))
                .findFirst()
                .map(frame -> "at " + frame)
                .orElse("elsewhere");
    }

    private StasisException failed(Throwable cause) {
        return new StasisException(
                cause instanceof StasisException known ? known.code() : ErrorCode.INVALID_ARGUMENT,
                "The warm-up %s failed, see the cause: nothing was kept, and the next run tries it again"
                        .formatted(title()),
                cause);
    }

    private void requireMachine(Sandbox sandbox) {
        String found;
        try {
            var info = sandbox.info();
            if (info.state() == SandboxState.RUNNING || info.state() == SandboxState.PAUSED) {
                return;
            }
            found = info.state() + info.reason().map(reason -> " (" + reason + ")").orElse("");
        } catch (StasisException e) {
            if (e.code() != ErrorCode.SANDBOX_NOT_FOUND) {
                throw e;
            }
            found = "removed";
        }
        throw new StasisException(
                ErrorCode.WRONG_STATE,
                "The warm-up %s left its sandbox %s: what is to be captured must run, so let the method end with what the tests need still running"
                        .formatted(title(), found));
    }
}
