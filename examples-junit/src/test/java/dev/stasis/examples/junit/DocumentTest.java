package dev.stasis.examples.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentTest {
    private static final Path SOURCES = Path.of("src/test/java/dev/stasis/examples/junit");

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "docs/junit.md"})
    void theSketchInTheDocumentIsCodeThatIsCompiledAndRun(String document) throws IOException {
        String sketch = sketch("OrdersDatabase") + "\n" + sketch("OrdersTest");
        assertThat(Files.readString(Path.of("..").resolve(document)))
                .contains("```java\n" + sketch + "```");
    }

    private static String sketch(String name) throws IOException {
        String source = Files.readString(SOURCES.resolve(name + ".java"));
        int from = source.indexOf('\n', source.indexOf("@start region=\"sketch\"")) + 1;
        return source.substring(from, source.indexOf("// @end"));
    }
}
