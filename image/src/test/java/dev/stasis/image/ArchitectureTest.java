package dev.stasis.image;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void imagesSeeNoOtherModuleThanApiAndLinux() {
        var image =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.stasis.image");

        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.stasis.spi..",
                        "dev.stasis.machine..",
                        "dev.stasis.guest..",
                        "dev.stasis.store..",
                        "dev.stasis.local..",
                        "dev.stasis.cli..")
                .check(image);
    }
}
