package dev.stasis.junit;

import dev.stasis.ErrorCode;
import dev.stasis.Sandbox;
import dev.stasis.StasisException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.opentest4j.TestAbortedException;

/// What {@link Sandboxed} does: warms up before the first test of a class, and gives each test its
/// forks. Nobody has to name it.
public final class SandboxedExtension
        implements BeforeAllCallback, AfterAllCallback, AfterEachCallback, ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(SandboxedExtension.class);

    /// Made by JUnit.
    public SandboxedExtension() {}

    @Override
    public void beforeAll(ExtensionContext context) {
        var session = Session.of(context);
        var inUse = new InUse(new ArrayList<>());
        context.getStore(NAMESPACE).put(context.getUniqueId(), inUse);
        for (var definition : session.definitions(context.getRequiredTestClass()).all()) {
            var warmed = session.warmed(definition);
            warmed.use();
            inUse.all().add(warmed);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        var inUse = context.getStore(NAMESPACE).remove(context.getUniqueId(), InUse.class);
        if (inUse != null) {
            inUse.all().forEach(Warmed::release);
        }
    }

    private record InUse(List<Warmed> all) {}

    @Override
    public void afterEach(ExtensionContext context) {
        var failure = context.getExecutionException().orElse(null);
        var forks = TestForks.existing(context);
        if (failure == null || failure instanceof TestAbortedException || forks == null) {
            return;
        }
        var session = Session.of(context);
        if (session.configuration().keep() == Configuration.Keep.FAILED) {
            new KeptForks(session, context, failure).keep(forks.byName());
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        var type = parameter.getParameter().getType();
        return type == Sandbox.class || type == Forks.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        if (context.getTestMethod().isEmpty()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "%s asks for a sandbox, but each test has a fork of its own: ask in the test, in @BeforeEach or in @AfterEach, and prepare what all tests are to find in @Warmup"
                            .formatted(parameter.getDeclaringExecutable()));
        }
        var session = Session.of(context);
        var definition =
                session.definitions(context.getRequiredTestClass())
                        .meantBy(parameter.getParameter());
        var warmed = session.warmed(definition);
        var forks = TestForks.of(context);
        return parameter.getParameter().getType() == Forks.class
                ? forks.further(warmed)
                : forks.fork(definition, warmed);
    }
}
