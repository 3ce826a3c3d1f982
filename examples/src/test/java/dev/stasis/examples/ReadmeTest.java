package dev.stasis.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadmeTest {
    private static final Path EXAMPLE = Path.of("src/main/java/dev/stasis/examples/WarmState.java");
    private static final Path README = Path.of("../README.md");

    @ParameterizedTest
    @ValueSource(strings = {"tour", "later"})
    void theCodeInTheReadmeIsCodeThatIsCompiledAndRun(String region) throws IOException {
        assertThat(Files.readString(README)).contains("```java\n" + region(region));
    }

    /// The lines between `@start region="…"` and the next `@end`, without their common indent.
    private static String region(String name) throws IOException {
        String source = Files.readString(EXAMPLE);
        int start = source.indexOf("@start region=\"" + name + "\"");
        assertThat(start).as(name).isPositive();
        int from = source.indexOf('\n', start) + 1;
        int to = source.lastIndexOf('\n', source.indexOf("@end", from));
        return source.substring(from, to).stripIndent() + "\n";
    }
}
