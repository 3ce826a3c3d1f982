package dev.stasis.guest;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class GuestArchitectureTest {
    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("dev.stasis.guest");

    @Test
    void dependsOnApiAndLinuxOnly() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.stasis",
                        "dev.stasis.linux",
                        "dev.stasis.guest",
                        "java..",
                        "org.jspecify..")
                .check(CLASSES);
    }

    @Test
    void takesOnlyErrorsAndValuesFromTheApi() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveNameMatching(
                        "dev\\.stasis\\.(?!StasisException|ErrorCode|ByteSize|Environment)[A-Z][A-Za-z]*")
                .check(CLASSES);
    }

    @Test
    void interruptsNoThread() {
        noClasses()
                .that()
                .doNotHaveSimpleName("Deadline")
                .and()
                .doNotHaveSimpleName("Outbox")
                .should()
                .callMethod(Thread.class, "interrupt")
                .because("only those two restore their caller's flag")
                .check(CLASSES);
    }

    @Test
    void publicMethodsThrowNoCheckedExceptionButThoseOfStreamsAndSinks() {
        methods()
                .that()
                .arePublic()
                .and()
                .areDeclaredInClassesThat()
                .arePublic()
                .and()
                .areDeclaredInClassesThat()
                .doNotHaveSimpleName("OutputSink")
                .should()
                .notDeclareThrowableOfType(Exception.class)
                .check(CLASSES);
    }
}
