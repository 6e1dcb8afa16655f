package io.millrace.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.ingest.ContentType;
import io.millrace.ingest.Document;
import io.millrace.ingest.SuppliedEntity;
import io.millrace.ingest.SuppliedRelationship;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.ByteRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class DocumentParserTest {

    private static final DocumentParser PARSER = new DocumentParser(DocumentLimits.DEFAULT);

    private static final String WHOLE = """
            {
              "source_uri": "https://example.org/ada?x=1#y",
              "content": "Ada Lovelace wrote to \\"Charles\\".\\n\\ud83d\\ude00 \\u20ac \\u2028 <b>' OR 1=1 --",
              "content_type": "text/markdown",
              "job_type": "crawl_web",
              "metadata": { "n" : 1.10, "big": 123456789012345678901234567890,   "e": "\\u00e9", "z": [ ] },
              "entities": [
                {"name": "Ada Lovelace", "type": "person", "description": "", "confidence": 99.5},
                {"type": "person", "name": "Charles"}
              ],
              "relationships": [
                {"source": "Ada Lovelace", "target": "Charles", "type": "wrote_to", "confidence": 0}
              ]
            }
            """;

    @Test
    void everyFieldArrivesAsItWasSent() {
        assertThat(accepted(WHOLE))
                .isEqualTo(new Parsed.Accepted(
                        List.of(new Document(
                                "shop",
                                "https://example.org/ada?x=1#y",
                                "Ada Lovelace wrote to \"Charles\".\n😀 € \u2028 <b>' OR 1=1 --",
                                ContentType.MARKDOWN,
                                "crawl_web",
                                "{ \"n\" : 1.10, \"big\": 123456789012345678901234567890,   \"e\": \"\\u00e9\", \"z\": [ ] }",
                                List.of(
                                        new SuppliedEntity("Ada Lovelace", "person", "", 99.5),
                                        new SuppliedEntity("Charles", "person", null, null)),
                                List.of(new SuppliedRelationship("Ada Lovelace", "Charles", "wrote_to", null, 0.0)),
                                true)),
                        false));
    }

    @Test
    void aDocumentNeedsOnlyUriAndContent() {
        Document document =
                accepted("{\"source_uri\":\"u\",\"content\":\"c\"}").documents().getFirst();
        assertThat(document)
                .isEqualTo(new Document(
                        "shop", "u", "c", ContentType.PLAIN, "ingest_doc", null, List.of(), List.of(), false));
    }

    @Test
    void anEmptyExtractionIsASuppliedOne() {
        String body = "{\"source_uri\":\"u\",\"content\":\"c\",\"relationships\":[]}";
        assertThat(accepted(body).documents().getFirst().supplied()).isTrue();
    }

    @Test
    void anArrayKeepsItsOrderAndIsKnownAsOne() {
        var parsed = accepted("[{\"source_uri\":\"b\",\"content\":\"c\"},{\"content\":\"c\",\"source_uri\":\"a\"}]");
        assertThat(parsed.array()).isTrue();
        assertThat(parsed.documents()).extracting(Document::sourceUri).containsExactly("b", "a");
    }

    @Test
    void limitsAreInclusiveAndInCharactersNotUnits() {
        String body = "{\"source_uri\":\"%s\",\"content\":\"c\",\"job_type\":\"%s\"}"
                .formatted("😀".repeat(2_048), "é".repeat(50));
        assertThat(accepted(body).documents()).hasSize(1);
        String name =
                "{\"source_uri\":\"u\",\"content\":\"c\",\"entities\":[{\"name\":\"%s\",\"type\":\"%s\",\"confidence\":100}]}"
                        .formatted("😀".repeat(500), "t".repeat(100));
        assertThat(accepted(name).documents()).hasSize(1);
        var tight = new DocumentParser(new DocumentLimits(1, 6));
        assertThat(tight.parse(utf8("[{\"source_uri\":\"u\",\"content\":\"€€\"}]"), "shop"))
                .isInstanceOf(Parsed.Accepted.class);
    }

    @Test
    void metadataMayFillItsBounds() {
        String metadata = "{\"a\":\"" + "m".repeat((64 << 10) - 8) + "\"}";
        assertThat(metadata).hasSize(64 << 10);
        assertThat(accepted(withMetadata(metadata)).documents().getFirst().metadata())
                .isEqualTo(metadata);
        for (String number : List.of("1.7976931348623157e308", "1e-16383", "-0", "0.0e-5", "5e-324", "1E2", "1e-400")) {
            accepted(withMetadata("{\"a\":" + number + "}"));
        }
        accepted(withMetadata("{\"a\":".repeat(62) + "{}" + "}".repeat(62)));
    }

    @Test
    void everythingWrongWithADocumentIsToldAtOnce() {
        Problem problem = rejected("""
                [{"source_uri": "u", "content": "c"},
                 {"source_uri": "a\\u0000\\n", "content": 5, "title": "t", "entities": [{"name": ""}, 7],
                  "metadata": {"x": 1e400, "y": "\\udfff"}},
                 "document"]
                """);
        assertThat(problem.detail()).isEqualTo("10 rules are broken; errors has each of them.");
        assertThat(problem.errors())
                .extracting(error -> error.pointer() + " " + error.code().text())
                .containsExactly(
                        "/1/source_uri nul",
                        "/1/source_uri control_character",
                        "/1/content wrong_type",
                        "/1/title unknown_field",
                        "/1/entities/0/name blank",
                        "/1/entities/0/type required",
                        "/1/entities/1 wrong_type",
                        "/1/metadata/x out_of_range",
                        "/1/metadata/y lone_surrogate",
                        "/2 wrong_type");
    }

    @Test
    void aThousandMistakesAreCountedAndFiftyTold() {
        Problem problem = rejected("[" + "5,".repeat(999) + "5]");
        assertThat(problem.errors()).hasSize(50);
        assertThat(problem.detail()).isEqualTo("1000 rules are broken; errors has the first 50 of them.");
    }

    @Test
    void theDetailSaysWhereBytesAndTextAreWrong() {
        byte[] body = utf8("{\"source_uri\":\"u\",\n \"content\":\"c€\"}");
        body[body.length - 4] = '"';
        assertThat(((Parsed.Rejected) PARSER.parse(body, "shop")).problem().detail())
                .isEqualTo("The bytes from offset 32 (0xE2) are not UTF-8.");
        assertThat(rejected("{\"source_uri\":\"u\",\n \"content\":c}").detail()).startsWith("Line 2, column 12: ");
        assertThat(rejected("{\"a\":1,\n\"a\":2}").detail())
                .startsWith("Line 2, column ")
                .contains("'a'");
        assertThat(rejected("\uFEFF{}").detail()).contains("byte order mark");
        assertThat(rejected("{\"source_uri\":null,\"content\":\"c\"}")
                        .errors()
                        .getFirst()
                        .detail())
                .isEqualTo("Null where a string belongs. Leave the field out when it has no value.");
    }

    @Test
    void aLineIsOneDocument() {
        byte[] line = utf8("{\"source_uri\":\"u\",\"content\":\"c\"}");
        assertThat(PARSER.parseLine(line, "shop"))
                .isInstanceOfSatisfying(
                        Parsed.Accepted.class,
                        accepted -> assertThat(accepted.array()).isFalse());
        assertThat(lineCode("[{\"source_uri\":\"u\",\"content\":\"c\"}]")).isEqualTo("not_a_document");
        assertThat(lineCode("{\"source_uri\":\"u\"}")).isEqualTo("invalid_document");
        assertThat(lineCode("{\"source_uri\":\"u\"")).isEqualTo("malformed_json");
        assertThat(lineCode("{}{}")).isEqualTo("malformed_json");
    }

    @Property(tries = 500)
    void metadataIsTheSendersOwnText(
            @ForAll("objects") String metadata, @ForAll("space") String before, @ForAll("space") String behind) {
        String body = "{\"content\":\"😀\\n\",\"metadata\":" + before + metadata + behind + ",\"source_uri\":\"u\"}";
        assertThat(accepted(body).documents().getFirst().metadata()).isEqualTo(metadata);
        assertThat(accepted("[" + body + "," + body + "]").documents().getLast().metadata())
                .isEqualTo(metadata);
    }

    @Provide
    Arbitrary<String> space() {
        return Arbitraries.of("", " ", "\n", "\r\n\t", "  ");
    }

    @Provide
    Arbitrary<String> objects() {
        Arbitrary<String> scalar = Arbitraries.of(
                "1",
                "-0.0",
                "1.10",
                "1E5",
                "true",
                "null",
                "\"\"",
                "\"}\"",
                "\"\\\"{\"",
                "\"€😀\\u00e9\"",
                "[ ]",
                "{ }");
        return Arbitraries.recursive(
                        () -> scalar,
                        inner -> inner.list()
                                .ofMaxSize(3)
                                .map(values -> values.size() % 2 == 0 ? object(values) : values.toString()),
                        0,
                        4)
                .map(value -> object(List.of(value)));
    }

    private static String object(List<String> values) {
        StringBuilder object = new StringBuilder("{ ");
        for (int i = 0; i < values.size(); i++) {
            object.append(i == 0 ? "" : " ,\n")
                    .append("\"k")
                    .append(i)
                    .append("\" : ")
                    .append(values.get(i));
        }
        return object.append('}').toString();
    }

    @Property(tries = 2_000)
    void aDamagedBodyIsTakenOrRefusedButNeverFails(
            @ForAll @IntRange(max = 900) int at, @ForAll @ByteRange(min = Byte.MIN_VALUE) byte with) {
        byte[] body = utf8(WHOLE);
        body[at % body.length] = with;
        switch (PARSER.parse(body, "shop")) {
            case Parsed.Accepted accepted -> assertThat(accepted.documents()).hasSize(1);
            case Parsed.Rejected(Problem problem) -> {
                assertThat(problem.status()).isIn(400, 422);
                assertThat(problem.toBuffer().toJsonObject().getString("code")).isEqualTo(problem.code());
            }
        }
    }

    @Property(tries = 1_000)
    void anyBytesAreTakenOrRefusedButNeverFail(@ForAll byte[] body) {
        assertThat(PARSER.parse(body, "shop"))
                .isInstanceOfSatisfying(
                        Parsed.Rejected.class,
                        rejected -> assertThat(rejected.problem().status()).isIn(400, 422));
    }

    private static String lineCode(String line) {
        return ((Parsed.Rejected) PARSER.parseLine(utf8(line), "shop"))
                .problem()
                .code();
    }

    private static String withMetadata(String metadata) {
        return "{\"source_uri\":\"u\",\"content\":\"c\",\"metadata\":" + metadata + "}";
    }

    private static Parsed.Accepted accepted(String body) {
        return switch (PARSER.parse(utf8(body), "shop")) {
            case Parsed.Accepted accepted -> accepted;
            case Parsed.Rejected(Problem problem) -> throw new AssertionError(problem.toString());
        };
    }

    private static Problem rejected(String body) {
        return switch (PARSER.parse(utf8(body), "shop")) {
            case Parsed.Accepted accepted -> throw new AssertionError(accepted.toString());
            case Parsed.Rejected(Problem problem) -> problem;
        };
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
