import static java.lang.classfile.ClassFile.StackMapsOption.GENERATE_STACK_MAPS;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/// Writes the classes of a jar again in a format that an AOT cache takes, which those of Java 5 and
/// older are not. Everything else stays as it is. It replaces the jar in one step.
///
///     java build/RewriteClasses.java picocli.jar
public final class RewriteClasses {
    private static final int TAKEN = ClassFile.JAVA_6_VERSION;
    private static final int WRITTEN = ClassFile.JAVA_8_VERSION;

    private final JarFile jar;
    private final ClassFile format;

    private RewriteClasses(JarFile jar) {
        this.jar = jar;
        var classes =
                ClassHierarchyResolver.ofResourceParsing(this::ownClass)
                        .orElse(ClassHierarchyResolver.defaultResolver());
        this.format =
                ClassFile.of(GENERATE_STACK_MAPS, ClassHierarchyResolverOption.of(classes));
    }

    static void main(String[] args) throws IOException {
        var path = Path.of(args[0]);
        var made = Path.of(args[0] + ".new");
        try (var jar = new JarFile(path.toFile());
                var out = new JarOutputStream(Files.newOutputStream(made))) {
            new RewriteClasses(jar).writeTo(out);
        }
        Files.move(made, path, StandardCopyOption.REPLACE_EXISTING);
    }

    private void writeTo(JarOutputStream out) throws IOException {
        for (var entry : jar.stream().toList()) {
            byte[] bytes = jar.getInputStream(entry).readAllBytes();
            var written = new JarEntry(entry.getName());
            written.setTime(entry.getTime());
            out.putNextEntry(written);
            out.write(entry.getName().endsWith(".class") ? rewritten(bytes) : bytes);
            out.closeEntry();
        }
    }

    private byte[] rewritten(byte[] bytes) {
        var old = format.parse(bytes);
        if (old.majorVersion() >= TAKEN) {
            return bytes;
        }
        var code = ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL);
        ClassTransform version =
                (made, element) ->
                        made.with(
                                element instanceof ClassFileVersion
                                        ? ClassFileVersion.of(WRITTEN, 0)
                                        : element);
        return format.transformClass(old, code.andThen(version));
    }

    /// What the frames of a method are computed from; null for a class that is not in the jar.
    private InputStream ownClass(ClassDesc type) {
        var name = type.packageName().replace('.', '/') + "/" + type.displayName() + ".class";
        try {
            var entry = jar.getEntry(name);
            return entry == null ? null : jar.getInputStream(entry);
        } catch (IOException e) {
            return null;
        }
    }
}
