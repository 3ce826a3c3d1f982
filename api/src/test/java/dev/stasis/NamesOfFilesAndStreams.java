package dev.stasis;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.Set;

/// The types of java.io, java.net and java.nio that name or carry something and read or write
/// nothing by themselves.
final class NamesOfFilesAndStreams {
    private static final Set<String> TYPES =
            Set.of(
                    "java.nio.file.Path",
                    "java.io.InputStream",
                    "java.net.InetAddress",
                    "java.net.InetSocketAddress",
                    "java.io.OutputStream",
                    "java.io.ByteArrayInputStream",
                    "java.nio.charset.Charset",
                    "java.nio.charset.StandardCharsets");

    static final DescribedPredicate<JavaClass> ALLOWED =
            DescribedPredicate.describe(
                    "belong to the API or only name files, streams and addresses",
                    type -> {
                        var element = type.getBaseComponentType();
                        return element.isPrimitive()
                                || TYPES.contains(element.getName())
                                || element.getPackageName().startsWith("dev.stasis")
                                || element.getPackageName()
                                        .matches(
                                                "java\\.(lang|util|time)(\\..*)?|org\\.jspecify.*");
                    });

    private NamesOfFilesAndStreams() {}
}
