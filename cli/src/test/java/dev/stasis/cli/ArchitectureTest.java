package dev.stasis.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses CLI =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("dev.stasis.cli");

    @Test
    void theCommandLineKnowsOnlyTheApi() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.stasis",
                        "dev.stasis.spi",
                        "dev.stasis.cli",
                        "java..",
                        "picocli..",
                        "tools.jackson..",
                        "org.jspecify..")
                .check(CLI);
    }

    @Test
    void onlyOneClassKnowsTheJsonLibrary() {
        noClasses()
                .that()
                .doNotHaveSimpleName("Fields")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("tools.jackson..")
                .check(CLI);
    }
}
