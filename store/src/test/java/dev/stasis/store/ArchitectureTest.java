package dev.stasis.store;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private final JavaClasses store =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("dev.stasis.store");

    @Test
    void theStoreSeesNoOtherModuleThanApiAndLinux() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.stasis.spi..",
                        "dev.stasis.machine..",
                        "dev.stasis.guest..",
                        "dev.stasis.image..",
                        "dev.stasis.local..",
                        "dev.stasis.cli..")
                .check(store);
    }

    @Test
    void renamesAndLinksAndDeletionsAreMadeByTheDiskOnly() {
        noClasses()
                .that()
                .doNotHaveSimpleName("Disk")
                .should()
                .callMethod(Files.class, "move", Path.class, Path.class, CopyOption[].class)
                .orShould()
                .callMethod(Files.class, "delete", Path.class)
                .orShould()
                .callMethod(Files.class, "deleteIfExists", Path.class)
                .orShould()
                .callMethod(Files.class, "createLink", Path.class, Path.class)
                .check(store);
    }
}
