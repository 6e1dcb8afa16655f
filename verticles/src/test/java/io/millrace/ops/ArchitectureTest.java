package io.millrace.ops;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Imports point one way: stage to stream to pg, and a stage knows of the one before it only the records that one writes. */
class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.millrace");

    /** Records are what the stage before writes; the last column is what else is called there, each with its reason. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            pg      |                |                             |
            stream  | pg             |                             |
            events  | stream pg      |                             |
            jobs    | events stream pg |                           |
            ingest  | jobs stream pg |                             |
            # A document's id, key and fingerprint are defined beside the record; chunk compares and keys with them.
            chunk   | jobs stream pg | ingest.Document ingest.DocumentRecord ingest.ContentType ingest.SuppliedEntity ingest.SuppliedRelationship | ingest.DocumentIds ingest.Fingerprint
            extract | jobs stream pg | chunk.ChunkRecord           |
            # Evidence, which mentions carry, back into the percentage that people read.
            graph   | jobs stream pg | extract.Mention extract.MentionRecord | extract.Confidence
            stats   | stream pg      | graph.GraphChange           |
            # The check adds up the changes that stats has not read yet, as stats would.
            verify  | stream pg      | graph.GraphChange           | stats.StatsDelta
            # What a chunk sent on is for extract to say, also when it is asked a second time.
            rebuild | stream pg      | extract.Mention             | extract.SentMentions
            """)
    void aPackageKnowsOnlyWhatLiesBelowIt(String name, String below, String records, String exceptions) {
        layer(name, words(below), concat(words(records), words(exceptions))).check(CLASSES);
    }

    @Test
    void aStageThatReachesIntoAnotherIsFound() {
        assertThatThrownBy(
                        () -> layer("stats", List.of("stream", "pg"), List.of()).check(CLASSES))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("io.millrace.graph.GraphChange");
    }

    @Test
    void everyPackageHasItsPlace() {
        assertThat(CLASSES.stream().map(JavaClass::getPackageName).distinct())
                .containsExactlyInAnyOrder(
                        "io.millrace",
                        "io.millrace.chunk",
                        "io.millrace.cli",
                        "io.millrace.events",
                        "io.millrace.extract",
                        "io.millrace.graph",
                        "io.millrace.ingest",
                        "io.millrace.jobs",
                        "io.millrace.pg",
                        "io.millrace.rebuild",
                        "io.millrace.stats",
                        "io.millrace.stream",
                        "io.millrace.verify",
                        "io.millrace.web");
    }

    @Test
    void nothingButTheProcessKnowsTheDoorAndTheCommandLine() {
        noClasses()
                .that(not(resideInAnyPackage("io.millrace", "io.millrace.web", "io.millrace.cli")))
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.millrace", "io.millrace.web", "io.millrace.cli"))
                .check(CLASSES);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.millrace.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    private static ArchRule layer(String name, List<String> below, List<String> records) {
        var own = "io.millrace." + name + "..";
        var packages = below.stream().map(word -> "io.millrace." + word + "..").toArray(String[]::new);
        var types = records.stream().map(word -> "io.millrace." + word).toList();
        DescribedPredicate<JavaClass> allowed = not(resideInAPackage("io.millrace.."))
                .or(resideInAPackage(own))
                .or(resideInAnyPackage(packages))
                .or(DescribedPredicate.describe(
                        "are " + records, type -> types.contains(outermost(type).getName())));
        return classes()
                .that(resideInAPackage(own))
                .should()
                .onlyDependOnClassesThat(allowed.as("are no part of Millrace, or of %s, %s, %s", name, below, records));
    }

    private static JavaClass outermost(JavaClass type) {
        var at = type.getBaseComponentType();
        while (at.getEnclosingClass().isPresent()) {
            at = at.getEnclosingClass().get();
        }
        return at;
    }

    private static List<String> concat(List<String> some, List<String> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }

    private static List<String> words(String list) {
        return list == null ? List.of() : Arrays.asList(list.strip().split("\\s+", -1));
    }
}
