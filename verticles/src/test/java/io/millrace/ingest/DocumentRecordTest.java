package io.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentRecordTest {

    private static final UUID JOB = new UUID(1, 2);

    @Property(tries = 300)
    void everyDocumentReadsBackAsItWas(@ForAll("documents") Document document) {
        var written = new DocumentRecord(JOB, document);
        assertThat(DocumentRecord.decode(written.encode())).isEqualTo(written);
    }

    @Provide
    Arbitrary<Document> documents() {
        return Documents.any();
    }

    @Test
    void metadataKeepsItsSpacesAndDigits() {
        String metadata = "{ \"a\" : 1.10,\n \"big\":123456789012345678901234567890, \"e\":\"\\u00e9\" }";
        var written = new DocumentRecord(JOB, document(metadata, false));
        assertThat(DocumentRecord.decode(written.encode()).document().metadata())
                .isEqualTo(metadata);
    }

    @Test
    void anEmptyExtractionIsNotTheAbsenceOfOne() {
        for (boolean supplied : List.of(true, false)) {
            byte[] value = new DocumentRecord(JOB, document(null, supplied)).encode();
            assertThat(DocumentRecord.decode(value).document().supplied()).isEqualTo(supplied);
        }
    }

    @Test
    void fieldsOfALaterReleaseAreSkipped() {
        var written = new DocumentRecord(JOB, document(null, false));
        String json = new String(written.encode(), StandardCharsets.UTF_8);
        String later = json.replaceFirst("\\{", "{\"new\":{\"x\":[1,{}]},");
        assertThat(DocumentRecord.decode(later.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(written);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{}", "{\"job_id\":5}", "{\"job_id\":\"x\"", "\u0000"})
    void otherBytesAreRefused(String value) {
        assertThatThrownBy(() -> DocumentRecord.decode(value.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static Document document(@Nullable String metadata, boolean supplied) {
        return new Document(
                "default", "u", "text", ContentType.PLAIN, "ingest_doc", metadata, List.of(), List.of(), supplied);
    }
}
