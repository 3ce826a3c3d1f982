package dev.stasis;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void theApiDoesNoInputOrOutputAndDependsOnNothing() {
        var api =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.stasis");

        classes().should().onlyDependOnClassesThat(NamesOfFilesAndStreams.ALLOWED).check(api);
    }
}
