package dev.stasis.machine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private final JavaClasses machine =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("dev.stasis.machine");

    @Test
    void machinesKnowNoOtherLeaf() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "dev.stasis",
                        "dev.stasis.linux",
                        "dev.stasis.machine..",
                        "org.jspecify..",
                        "tools.jackson..")
                .check(machine);
    }

    @Test
    void theConversationWithQemuKnowsNoMachine() {
        noClasses()
                .that()
                .resideInAPackage("dev.stasis.machine.qmp")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.stasis.machine", "dev.stasis.linux")
                .check(machine);
    }

    @Test
    void nativeCallsStayInTheirModule() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.Linker")
                .check(machine);
    }
}
