package dev.stasis.junit;

import dev.stasis.Sandbox;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/// The forks of one test, by the names of their sandboxes, and further ones. Closed by JUnit after
/// the test.
@SuppressWarnings("deprecation") // JUnit 5.11 closes nothing but a CloseableResource
final class TestForks implements ExtensionContext.Store.CloseableResource, AutoCloseable {
    private final Map<String, Sandbox> byName = new LinkedHashMap<>();
    private final List<Sandbox> further = new ArrayList<>();
    private boolean closed;

    /// Those of a test.
    static synchronized TestForks of(ExtensionContext test) {
        var known = existing(test);
        if (known != null) {
            return known;
        }
        var made = new TestForks();
        test.getStore(namespace(test)).put(TestForks.class, made);
        return made;
    }

    /// Those of a test that has any.
    static @Nullable TestForks existing(ExtensionContext test) {
        return test.getStore(namespace(test)).get(TestForks.class, TestForks.class);
    }

    /// A store also answers for the contexts around it, so each test has a namespace of its own.
    private static Namespace namespace(ExtensionContext test) {
        return Namespace.create(TestForks.class, test.getUniqueId());
    }

    /// The test's own fork.
    synchronized Sandbox fork(Definition definition, Warmed warmed) {
        return byName.computeIfAbsent(definition.name(), _ -> warmed.fork());
    }

    /// Further forks for the test.
    Forks further(Warmed warmed) {
        return () -> {
            var fork = warmed.fork();
            synchronized (this) {
                if (!closed) {
                    further.add(fork);
                    return fork;
                }
            }
            fork.close();
            throw new IllegalStateException(
                    "The test that these forks were for has ended: ask for forks while it runs");
        };
    }

    synchronized Map<String, Sandbox> byName() {
        return Map.copyOf(byName);
    }

    /// Removes all, also on a thread that was interrupted, and throws the first failure.
    @Override
    public void close() {
        List<Sandbox> all;
        synchronized (this) {
            closed = true;
            all = new ArrayList<>(byName.values());
            all.addAll(further);
            byName.clear();
            further.clear();
        }
        boolean interrupted = Thread.interrupted();
        @Nullable RuntimeException failure = null;
        for (var fork : all) {
            try {
                fork.close();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            throw failure;
        }
    }
}
