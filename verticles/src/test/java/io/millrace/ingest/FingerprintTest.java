package io.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class FingerprintTest {

    private static final SuppliedEntity ADA = new SuppliedEntity("Ada", "person", null, null);

    @Test
    void whatIsStoredStaysComparableAcrossReleases() {
        assertThat(fingerprint(document("text", ContentType.PLAIN, List.of(ADA), true)))
                .isEqualTo("41e7e62700b491d56270e23a755525a2b5d165d5f6359824127b5faff74307c1");
    }

    @Property(tries = 200)
    void onlyContentTypeAndExtractionCount(@ForAll("documents") Document document) {
        var elsewhere = new Document(
                "another",
                document.sourceUri() + "?x",
                document.content(),
                document.contentType(),
                "another_job",
                "{\"fetched\":1}",
                document.entities(),
                document.relationships(),
                document.supplied());
        assertThat(Fingerprint.of(elsewhere)).isEqualTo(Fingerprint.of(document));
    }

    @Property(tries = 300)
    void differentDocumentsDiffer(@ForAll("documents") Document one, @ForAll("documents") Document other) {
        boolean same = one.content().equals(other.content())
                && one.contentType() == other.contentType()
                && one.supplied() == other.supplied()
                && one.entities().equals(other.entities())
                && one.relationships().equals(other.relationships());
        assertThat(fingerprint(one).equals(fingerprint(other))).isEqualTo(same);
    }

    @Provide
    Arbitrary<Document> documents() {
        return Documents.any();
    }

    @Test
    void shiftingCharactersBetweenFieldsMakesAnother() {
        assertThat(List.of(
                        fingerprint(entities(new SuppliedEntity("ab", "c", null, null))),
                        fingerprint(entities(new SuppliedEntity("a", "bc", null, null))),
                        fingerprint(entities(new SuppliedEntity("a", "b", "c", null))),
                        fingerprint(entities(new SuppliedEntity("a", "b", "", null))),
                        fingerprint(entities(new SuppliedEntity("a", "b", null, null))),
                        fingerprint(entities(new SuppliedEntity("a", "b", null, 0.0)))))
                .doesNotHaveDuplicates();
    }

    @Test
    void anEmptyExtractionIsNotTheAbsenceOfOne() {
        assertThat(fingerprint(document("text", ContentType.PLAIN, List.of(), true)))
                .isNotEqualTo(fingerprint(document("text", ContentType.PLAIN, List.of(), false)));
    }

    @Test
    void theContentTypeCounts() {
        assertThat(fingerprint(document("text", ContentType.PLAIN, List.of(), false)))
                .isNotEqualTo(fingerprint(document("text", ContentType.MARKDOWN, List.of(), false)));
    }

    private static Document entities(SuppliedEntity... entities) {
        return document("text", ContentType.PLAIN, List.of(entities), true);
    }

    private static Document document(
            String content, ContentType type, List<SuppliedEntity> entities, boolean supplied) {
        return new Document("default", "u", content, type, "ingest_doc", null, entities, List.of(), supplied);
    }

    private static String fingerprint(Document document) {
        return HexFormat.of().formatHex(Fingerprint.of(document));
    }
}
