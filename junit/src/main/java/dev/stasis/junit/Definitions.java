package dev.stasis.junit;

import dev.stasis.ErrorCode;
import dev.stasis.Sandbox;
import dev.stasis.StasisException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/// The sandboxes of a test class: its own and those of the classes around it, of which an inner one
/// goes over an outer one of the same name.
final class Definitions {
    private final Class<?> testClass;
    private final Map<String, Definition> byName = new LinkedHashMap<>();

    private Definitions(Class<?> testClass) {
        this.testClass = testClass;
    }

    static Definitions of(Class<?> testClass) {
        var all = new Definitions(testClass);
        levels(testClass).forEach(all::add);
        return all;
    }

    /// The class and those that it is nested in, the outermost first.
    private static List<Class<?>> levels(Class<?> testClass) {
        var levels = new ArrayList<Class<?>>();
        Class<?> level = testClass;
        while (level != null) {
            levels.addFirst(level);
            level = Modifier.isStatic(level.getModifiers()) ? null : level.getEnclosingClass();
        }
        return levels;
    }

    List<Definition> all() {
        return List.copyOf(byName.values());
    }

    /// The one that a parameter means.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when that is not clear
    Definition meantBy(Parameter parameter) {
        String name = nameMeantBy(parameter, byName.keySet(), testClass);
        return Objects.requireNonNull(byName.get(name));
    }

    private void add(Class<?> level) {
        refuseTwice(level);
        var said = new LinkedHashMap<String, Sandboxed>();
        for (var each : AnnotationSupport.findRepeatableAnnotations(level, Sandboxed.class)) {
            said.put(each.name(), each);
        }
        var warmups = new HashMap<String, WarmupMethod>();
        for (var method :
                AnnotationSupport.findAnnotatedMethods(
                        level, Warmup.class, HierarchyTraversalMode.TOP_DOWN)) {
            String name = nameMeantBy(checked(method), said.keySet(), level);
            var other = warmups.put(name, new WarmupMethod(method));
            if (other != null) {
                throw wrong(
                        "The sandbox '%s' of %s has two warm-ups, %s and %s: let one of them call what the other does"
                                .formatted(
                                        name,
                                        level.getName(),
                                        other.title(),
                                        new WarmupMethod(method).title()));
            }
        }
        said.forEach((name, each) ->
                byName.put(name, Definition.of(each, Optional.ofNullable(warmups.get(name)))));
    }

    private static void refuseTwice(Class<?> level) {
        var seen = new HashSet<String>();
        for (var each : level.getDeclaredAnnotationsByType(Sandboxed.class)) {
            if (!seen.add(each.name())) {
                throw wrong(
                        "%s has two sandboxes that are called '%s': give each @Sandboxed a name of its own"
                                .formatted(level.getName(), each.name()));
            }
        }
    }

    /// The parameter of a warm-up method.
    private static Parameter checked(Method method) {
        if (!Modifier.isStatic(method.getModifiers())
                || method.getParameterCount() != 1
                || method.getParameterTypes()[0] != Sandbox.class) {
            throw wrong(
                    "The warm-up %s is no static method with one parameter of type Sandbox: make it one"
                            .formatted(new WarmupMethod(method).title()));
        }
        return method.getParameters()[0];
    }

    private static String nameMeantBy(Parameter parameter, Set<String> names, Class<?> level) {
        String place =
                "The parameter '%s' of %s.%s"
                        .formatted(
                                parameter.getName(),
                                parameter
                                        .getDeclaringExecutable()
                                        .getDeclaringClass()
                                        .getSimpleName(),
                                parameter.getDeclaringExecutable().getName());
        var asked = Optional.ofNullable(parameter.getAnnotation(ForkOf.class)).map(ForkOf::value);
        if (asked.isPresent()) {
            if (!names.contains(asked.get())) {
                throw wrong(
                        "%s asks for a fork of '%s', and %s has %s: name one of those in @ForkOf"
                                .formatted(place, asked.get(), level.getName(), names));
            }
            return asked.get();
        }
        if (names.size() == 1) {
            return names.iterator().next();
        }
        if (parameter.isNamePresent() && names.contains(parameter.getName())) {
            return parameter.getName();
        }
        throw wrong(
                names.isEmpty()
                        ? "%s asks for a sandbox, and %s has none: annotate the class with @Sandboxed"
                                .formatted(place, level.getName())
                        : "%s may mean any sandbox of %s, which are %s: say which with @ForkOf"
                                .formatted(place, level.getName(), names));
    }

    private static StasisException wrong(String message) {
        return new StasisException(ErrorCode.INVALID_ARGUMENT, message);
    }
}
