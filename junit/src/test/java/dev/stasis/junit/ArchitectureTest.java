package dev.stasis.junit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void theExtensionKnowsTheApiAndJunitAlone() {
        var own =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.stasis.junit");

        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "dev.stasis",
                        "dev.stasis.junit",
                        "org.junit.jupiter.api..",
                        "org.junit.platform.commons.support..",
                        "org.opentest4j",
                        "org.jspecify.annotations")
                .check(own);
    }
}
