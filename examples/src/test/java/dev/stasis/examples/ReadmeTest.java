package dev.stasis.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReadmeTest {
    private static final Path EXAMPLES = Path.of("src/main/java/dev/stasis/examples");
    private static final Path README = Path.of("../README.md");

    @ParameterizedTest
    @CsvSource({"WarmState, tour", "WarmState, later", "UseFiles, files"})
    void theCodeInTheReadmeIsCodeThatIsCompiledAndRun(String example, String region)
            throws IOException {
        assertThat(Files.readString(README)).contains("```java\n" + region(example, region));
    }

    /// The lines between `@start region="…"` and the next `@end`, without their common indent.
    private static String region(String example, String name) throws IOException {
        String source = Files.readString(EXAMPLES.resolve(example + ".java"));
        int start = source.indexOf("@start region=\"" + name + "\"");
        assertThat(start).as(name).isPositive();
        int from = source.indexOf('\n', start) + 1;
        int to = source.lastIndexOf('\n', source.indexOf("@end", from));
        return source.substring(from, to).stripIndent() + "\n";
    }
}
