package dev.stasis.junit;

import dev.stasis.ErrorCode;
import dev.stasis.SandboxBuilder;
import dev.stasis.Stasis;
import dev.stasis.StasisException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/// What all test classes of a run share: the home, and what was warmed. Closed by JUnit at the end
/// of the run.
@SuppressWarnings("deprecation") // JUnit 5.11 closes nothing but a CloseableResource
final class Session implements ExtensionContext.Store.CloseableResource, AutoCloseable {
    private static final Namespace NAMESPACE = Namespace.create(SandboxedExtension.class);

    /// What {@link SandboxBuilder#image} takes for a file.
    private static final Pattern FILE =
            Pattern.compile("(/|\\./|\\.\\./).*|.*(\\.tar|\\.tar\\.gz|\\.tgz|\\.tar\\.zst)");

    private static final Object OPENING = new Object();

    private final Configuration configuration;
    private final Stasis stasis;
    private final ForkNames names = new ForkNames();
    private final Map<Class<?>, Definitions> definitions = new ConcurrentHashMap<>();
    private final Map<Definition, Warmed> byDefinition = new ConcurrentHashMap<>();
    private final Map<String, Warmed> byKey = new ConcurrentHashMap<>();
    private final Map<String, String> images = new ConcurrentHashMap<>();

    private Session(Configuration configuration) {
        this.configuration = configuration;
        this.stasis = configuration.home().map(Stasis::open).orElseGet(Stasis::open);
    }

    /// That of a run, which is opened for the first that asks.
    static Session of(ExtensionContext context) {
        var store = context.getRoot().getStore(NAMESPACE);
        synchronized (OPENING) {
            var known = store.get(Session.class, Session.class);
            if (known != null) {
                return known;
            }
            var opened = new Session(Configuration.of(context));
            store.put(Session.class, opened);
            return opened;
        }
    }

    Configuration configuration() {
        return configuration;
    }

    Stasis stasis() {
        return stasis;
    }

    ForkNames names() {
        return names;
    }

    /// The sandboxes of a test class.
    Definitions definitions(Class<?> testClass) {
        return definitions.computeIfAbsent(testClass, Definitions::of);
    }

    /// What a definition's forks are made of; nothing is done for it yet.
    Warmed warmed(Definition definition) {
        return byDefinition.computeIfAbsent(
                definition,
                _ -> {
                    String image = images.computeIfAbsent(definition.image(), this::identity);
                    String key = WarmKey.of(definition, image);
                    return byKey.computeIfAbsent(
                            key, _ -> new Warmed(this, new WarmSnapshot(this, definition, key)));
                });
    }

    /// What tells an image's content from another's.
    private String identity(String image) {
        var file = Path.of(image);
        if (Files.isRegularFile(file)) {
            return WarmKey.ofFile(file);
        }
        if (image.equals(SandboxBuilder.DEFAULT_IMAGE) || FILE.matcher(image).matches()) {
            return image; // built in, or missing: making the sandbox says so
        }
        try {
            return stasis.images().get(image).digest();
        } catch (StasisException e) {
            if (e.code() != ErrorCode.IMAGE_NOT_FOUND) {
                throw e;
            }
            return stasis.images().pull(image, _ -> {}).digest();
        }
    }

    @Override
    public void close() {
        try {
            byKey.values().forEach(Warmed::close);
        } finally {
            stasis.close();
        }
    }
}
