package dev.stasis.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ForkIdentityTest {
    private static final Path SOURCE =
            Path.of("src/main/java/dev/stasis/examples/ForkIdentity.java");

    @TempDir Path folder;

    @Test
    void everyGenerationHasAGeneratorOfItsOwn() throws IOException {
        var file = folder.resolve("fork");
        Files.writeString(file, "generation=g1\nname=base\nenv.A=a\\nb\n");
        var first = ForkIdentity.now(file);
        assertThat(ForkIdentity.now(file)).isSameAs(first);
        assertThat(first.name()).isEqualTo("base");

        Files.writeString(file, "generation=g2\nname=w-1\n");
        var second = ForkIdentity.now(file);
        assertThat(second.name()).isEqualTo("w-1");
        assertThat(second.random()).isNotSameAs(first.random());
    }

    @Test
    void theRecipeInTheDocumentIsThisCode() throws IOException {
        String source = Files.readString(SOURCE);
        int from = source.indexOf('\n', source.indexOf("@start region=\"recipe\"")) + 1;
        String code = source.substring(from, source.indexOf("// @end"));
        assertThat(Files.readString(Path.of("../docs/recipes.md")))
                .contains("```java\n" + code + "```");
    }
}
