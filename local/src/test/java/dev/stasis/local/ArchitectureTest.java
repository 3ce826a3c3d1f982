package dev.stasis.local;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void sandboxesAreComposedOfMachinesGuestsTheStoreAndImages() {
        var local =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.stasis.local");

        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.stasis",
                        "dev.stasis.spi",
                        "dev.stasis.local..",
                        "dev.stasis.machine",
                        "dev.stasis.guest",
                        "dev.stasis.store",
                        "dev.stasis.image",
                        "dev.stasis.linux",
                        "java..",
                        "jdk.jfr..",
                        "org.apache.commons.compress..",
                        "tools.jackson..",
                        "org.jspecify..")
                .check(local);
    }
}
