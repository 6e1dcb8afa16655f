package io.millrace.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The catalogue of what is refused: what each input is, and what its sender is told. Bodies go to the parser; what concerns
 * the transfer goes, byte for byte, over a socket to a door ({@link BadRequests}).
 */
class BadInputTest {

    private static final DocumentParser PARSER = new DocumentParser(new DocumentLimits(3, 10_000));

    /** What stands where no pointer is expected: problems of the text, not of a value. */
    private static final String NOWHERE = "-";

    private static final String GOOD = "{\"source_uri\":\"u\",\"content\":\"c\"}";

    private static final Door DOOR = Door.open();
    private static final Door IMPATIENT = Door.impatient();

    @AfterAll
    static void closeDoors() {
        DOOR.close();
        IMPATIENT.close();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"encodings", "texts", "shapes", "fields", "extractions", "metadata"})
    @MethodSource({
        "io.millrace.web.BadRequests#types",
        "io.millrace.web.BadRequests#compressed",
        "io.millrace.web.BadRequests#sizes",
        "io.millrace.web.BadRequests#parameters",
        "io.millrace.web.BadRequests#targets",
        "io.millrace.web.BadRequests#heads",
        "io.millrace.web.BadRequests#transfers",
        "io.millrace.web.BadRequests#crowds"
    })
    void isRefused(String name, Object input, int status, String code, String pointer) {
        switch (input) {
            case byte[] body -> bodyIsRefused(body, status, code, pointer);
            case Door.Sent sent -> requestIsRefused(DOOR, sent, status, code);
            default -> throw new IllegalArgumentException(name);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("io.millrace.web.BadRequests#slow")
    void isNotWaitedFor(String name, Door.Sent sent, int status, String code, String pointer) {
        requestIsRefused(IMPATIENT, sent, status, code);
    }

    private static void requestIsRefused(Door door, Door.Sent sent, int status, String code) {
        var answer = door.exchange(sent);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        assertThat(answer.headers()).containsEntry("content-type", "application/problem+json");
        assertThat(answer.headers()).doesNotContainKey("planted");
        var problem = new JsonObject(answer.body());
        assertThat(problem.getString("code")).as(answer.body()).isEqualTo(code);
        assertThat(problem.getInteger("status")).isEqualTo(status);
        assertThat(answer.headers().containsKey("allow")).isEqualTo(status == 405);
        assertThat(answer.headers().containsKey("retry-after")).isEqualTo(status == 503);
        assertThat(door.accepted()).isZero();
    }

    private static void bodyIsRefused(byte[] body, int status, String code, String pointer) {
        assertThat(PARSER.parse(body, "default")).isInstanceOfSatisfying(Parsed.Rejected.class, rejected -> {
            Problem problem = rejected.problem();
            assertThat(problem.status()).as(problem.detail()).isEqualTo(status);
            if (pointer.equals(NOWHERE)) {
                assertThat(problem.code()).as(problem.detail()).isEqualTo(code);
                assertThat(problem.errors()).isEmpty();
            } else {
                assertThat(problem.code()).isEqualTo("invalid_document");
                assertThat(problem.errors())
                        .extracting(
                                error -> error.pointer() + " " + error.code().text())
                        .containsExactly(pointer + " " + code);
            }
        });
    }

    static Stream<Arguments> encodings() {
        return Stream.of(
                bytes("an overlong slash", 400, "invalid_utf8", 0xC0, 0xAF),
                bytes("an overlong slash in three bytes", 400, "invalid_utf8", 0xE0, 0x80, 0xAF),
                bytes("a surrogate in UTF-8", 400, "invalid_utf8", 0xED, 0xA0, 0x80),
                bytes("a surrogate pair in UTF-8 (CESU-8)", 400, "invalid_utf8", 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80),
                bytes("a code point past 10FFFF", 400, "invalid_utf8", 0xF4, 0x90, 0x80, 0x80),
                bytes("a byte that UTF-8 does not have", 400, "invalid_utf8", 0xFF),
                bytes("a continuation byte alone", 400, "invalid_utf8", 0x80),
                bytes("a character cut short", 400, "invalid_utf8", 0xE2, 0x82),
                bytes("Latin-1", 400, "invalid_utf8", 0xE9),
                row("a byte order mark", "\uFEFF" + GOOD, 400, "invalid_utf8", NOWHERE),
                encoded("UTF-16LE", GOOD, "UTF-16LE"),
                encoded("UTF-16BE", GOOD, "UTF-16BE"),
                encoded("UTF-16 with its mark", GOOD, "UTF-16"),
                encoded("UTF-32", GOOD, "UTF-32"));
    }

    static Stream<Arguments> texts() {
        return Stream.of(
                row("no bytes", "", 400, "empty_body", NOWHERE),
                row("white space", " \r\n\t", 400, "empty_body", NOWHERE),
                row("no JSON", "source_uri=u", 400, "malformed_json", NOWHERE),
                row("an object cut short", "{\"source_uri\":\"u\"", 400, "malformed_json", NOWHERE),
                row("a string cut short", "{\"source_uri\":\"u", 400, "malformed_json", NOWHERE),
                row("a second value behind it", GOOD + GOOD, 400, "malformed_json", NOWHERE),
                row("junk behind it", GOOD + "x", 400, "malformed_json", NOWHERE),
                row("a bracket too many", GOOD + "}", 400, "malformed_json", NOWHERE),
                row("a trailing comma", "{\"source_uri\":\"u\",\"content\":\"c\",}", 400, "malformed_json", NOWHERE),
                row("single quotes", "{'source_uri':'u'}", 400, "malformed_json", NOWHERE),
                row("a bare key", "{source_uri:1}", 400, "malformed_json", NOWHERE),
                row("a comment", "/*x*/" + GOOD, 400, "malformed_json", NOWHERE),
                row("NaN", with("\"metadata\":{\"a\":NaN}"), 400, "malformed_json", NOWHERE),
                row("a leading zero", with("\"metadata\":{\"a\":01}"), 400, "malformed_json", NOWHERE),
                row("a leading plus", with("\"metadata\":{\"a\":+1}"), 400, "malformed_json", NOWHERE),
                row("a leading point", with("\"metadata\":{\"a\":.5}"), 400, "malformed_json", NOWHERE),
                row("a line break in a string", "{\"source_uri\":\"a\nb\"}", 400, "malformed_json", NOWHERE),
                row("a raw NUL in a string", "{\"source_uri\":\"a\u0000b\"}", 400, "malformed_json", NOWHERE),
                row("an unknown escape", "{\"source_uri\":\"\\x41\"}", 400, "malformed_json", NOWHERE),
                row("an emoji where a value belongs", "{\"source_uri\":😀}", 400, "malformed_json", NOWHERE),
                row("a broken value behind broken rules", "{\"x\":1,\"y\":tru}", 400, "malformed_json", NOWHERE),
                row("broken text in an ignored value", "{\"x\":{\"y\":\"\\u12\"}}", 400, "malformed_json", NOWHERE),
                row("a key twice", "{\"content\":\"a\",\"content\":\"a\"}", 400, "duplicate_key", NOWHERE),
                row(
                        "a key twice, once escaped",
                        "{\"content\":\"a\",\"c\\u006fntent\":\"a\"}",
                        400,
                        "duplicate_key",
                        NOWHERE),
                row(
                        "a key twice in metadata",
                        with("\"metadata\":{\"a\":[{\"b\":1,\"b\":1}]}"),
                        400,
                        "duplicate_key",
                        NOWHERE),
                row("a key twice in an unknown field", with("\"x\":{\"b\":1,\"b\":1}"), 400, "duplicate_key", NOWHERE),
                row("65 levels", "[".repeat(65) + "]".repeat(65), 400, "too_deep", NOWHERE),
                row("65 levels in metadata", with("\"metadata\":" + nested(64)), 400, "too_deep", NOWHERE),
                row("a million levels", "[".repeat(1_000_000), 400, "too_deep", NOWHERE),
                row(
                        "a number without end",
                        with("\"metadata\":{\"a\":" + "1".repeat(1_001) + "}"),
                        400,
                        "token_too_long",
                        NOWHERE),
                row("a key without end", with("\"" + "k".repeat(70_000) + "\":1"), 400, "token_too_long", NOWHERE));
    }

    static Stream<Arguments> shapes() {
        return Stream.of(
                row("a string", "\"document\"", 400, "not_a_document", NOWHERE),
                row("a number", "5", 400, "not_a_document", NOWHERE),
                row("null", "null", 400, "not_a_document", NOWHERE),
                row("an empty array", "[]", 422, "empty", ""),
                row("an array in an array", "[[" + GOOD + "]]", 422, "wrong_type", "/0"),
                row("a number among documents", "[" + GOOD + ",5]", 422, "wrong_type", "/1"),
                row("too many documents", "[" + (GOOD + ",").repeat(3) + GOOD + "]", 422, "too_many", ""),
                row(
                        "one bad document among good ones",
                        "[" + GOOD + ",{\"content\":\"c\"}]",
                        422,
                        "required",
                        "/1/source_uri"));
    }

    static Stream<Arguments> fields() {
        return Stream.of(
                row("no source_uri", "{\"content\":\"c\"}", 422, "required", "/source_uri"),
                row("no content", "{\"source_uri\":\"u\"}", 422, "required", "/content"),
                row("an unknown field", with("\"Content\":\"c\""), 422, "unknown_field", "/Content"),
                row("an unknown field with / and ~", with("\"a/b~c\":1"), 422, "unknown_field", "/a~1b~0c"),
                row("an unknown field without a name", with("\"\":1"), 422, "unknown_field", "/"),
                row(
                        "an unknown field with a long name",
                        with("\"" + "k".repeat(500) + "\":1"),
                        422,
                        "unknown_field",
                        ""),
                row("an unknown field with half a character", with("\"\\ud800\":1"), 422, "lone_surrogate", ""),
                row("a number as source_uri", document("5", "\"c\""), 422, "wrong_type", "/source_uri"),
                row("null as source_uri", document("null", "\"c\""), 422, "wrong_type", "/source_uri"),
                row("a blank source_uri", document("\" \"", "\"c\""), 422, "blank", "/source_uri"),
                row("a long source_uri", document(quoted("u".repeat(2_049)), "\"c\""), 422, "too_long", "/source_uri"),
                row(
                        "a line break in source_uri",
                        document("\"a\\r\\nb\"", "\"c\""),
                        422,
                        "control_character",
                        "/source_uri"),
                row(
                        "an escape character in source_uri",
                        document("\"a\\u001b[0m\"", "\"c\""),
                        422,
                        "control_character",
                        "/source_uri"),
                row("DEL in source_uri", document("\"a\\u007f\"", "\"c\""), 422, "control_character", "/source_uri"),
                row("NUL in source_uri", document("\"a\\u0000b\"", "\"c\""), 422, "nul", "/source_uri"),
                row(
                        "half a character in source_uri",
                        document("\"a\\ud800\"", "\"c\""),
                        422,
                        "lone_surrogate",
                        "/source_uri"),
                row("a number as content", document("\"u\"", "5"), 422, "wrong_type", "/content"),
                row("a boolean as content", document("\"u\"", "true"), 422, "wrong_type", "/content"),
                row("an array as content", document("\"u\"", "[\"c\"]"), 422, "wrong_type", "/content"),
                row("an empty content", document("\"u\"", "\"\""), 422, "blank", "/content"),
                row("a blank content", document("\"u\"", "\" \\n\\u00a0\\u200b\""), 422, "blank", "/content"),
                row("a long content", document("\"u\"", quoted("c".repeat(10_001))), 422, "too_long", "/content"),
                row(
                        "a content long in bytes",
                        document("\"u\"", quoted("€".repeat(3_334))),
                        422,
                        "too_long",
                        "/content"),
                row("NUL in content", document("\"u\"", "\"a\\u0000b\""), 422, "nul", "/content"),
                row(
                        "the first half of a character",
                        document("\"u\"", "\"\\ud83d x\""),
                        422,
                        "lone_surrogate",
                        "/content"),
                row(
                        "the second half of a character",
                        document("\"u\"", "\"x\\ude00\""),
                        422,
                        "lone_surrogate",
                        "/content"),
                row(
                        "halves in the wrong order",
                        document("\"u\"", "\"\\ude00\\ud83d\""),
                        422,
                        "lone_surrogate",
                        "/content"),
                row(
                        "another content type",
                        with("\"content_type\":\"application/pdf\""),
                        422,
                        "unknown_value",
                        "/content_type"),
                row(
                        "a content type with a parameter",
                        with("\"content_type\":\"text/html; charset=utf-8\""),
                        422,
                        "unknown_value",
                        "/content_type"),
                row("null as content type", with("\"content_type\":null"), 422, "wrong_type", "/content_type"),
                row("a long job type", with("\"job_type\":" + quoted("j".repeat(51))), 422, "too_long", "/job_type"),
                row("a blank job type", with("\"job_type\":\"\""), 422, "blank", "/job_type"),
                row(
                        "a line break in a job type",
                        with("\"job_type\":\"a\\nb\""),
                        422,
                        "control_character",
                        "/job_type"),
                row("an object as job type", with("\"job_type\":{}"), 422, "wrong_type", "/job_type"));
    }

    static Stream<Arguments> extractions() {
        return Stream.of(
                row("entities as an object", with("\"entities\":{}"), 422, "wrong_type", "/entities"),
                row("null as entities", with("\"entities\":null"), 422, "wrong_type", "/entities"),
                row("an entity as a string", with("\"entities\":[\"Ada\"]"), 422, "wrong_type", "/entities/0"),
                row("an entity without a name", entity("\"type\":\"t\""), 422, "required", "/entities/0/name"),
                row("an entity without a type", entity("\"name\":\"n\""), 422, "required", "/entities/0/type"),
                row("a blank name", entity("\"name\":\" \",\"type\":\"t\""), 422, "blank", "/entities/0/name"),
                row(
                        "a long name",
                        entity("\"name\":" + quoted("n".repeat(501)) + ",\"type\":\"t\""),
                        422,
                        "too_long",
                        "/entities/0/name"),
                row("NUL in a name", entity("\"name\":\"a\\u0000\",\"type\":\"t\""), 422, "nul", "/entities/0/name"),
                row(
                        "a long type",
                        entity("\"name\":\"n\",\"type\":" + quoted("t".repeat(101))),
                        422,
                        "too_long",
                        "/entities/0/type"),
                row(
                        "a long description",
                        entity(GOOD_ENTITY + ",\"description\":" + quoted("d".repeat(10_001))),
                        422,
                        "too_long",
                        "/entities/0/description"),
                row(
                        "an entity with an unknown field",
                        entity(GOOD_ENTITY + ",\"id\":1"),
                        422,
                        "unknown_field",
                        "/entities/0/id"),
                row(
                        "a confidence as a string",
                        entity(GOOD_ENTITY + ",\"confidence\":\"5\""),
                        422,
                        "wrong_type",
                        "/entities/0/confidence"),
                row(
                        "a confidence below 0",
                        entity(GOOD_ENTITY + ",\"confidence\":-0.001"),
                        422,
                        "out_of_range",
                        "/entities/0/confidence"),
                row(
                        "a confidence over 100",
                        entity(GOOD_ENTITY + ",\"confidence\":100.1"),
                        422,
                        "out_of_range",
                        "/entities/0/confidence"),
                row(
                        "a confidence of 1e400",
                        entity(GOOD_ENTITY + ",\"confidence\":1e400"),
                        422,
                        "out_of_range",
                        "/entities/0/confidence"),
                row(
                        "10,001 entities",
                        with("\"entities\":[" + "{},".repeat(10_000).replace("{}", "{" + GOOD_ENTITY + "}") + "{}]"),
                        422,
                        "too_many",
                        "/entities"),
                row("relationships as a string", with("\"relationships\":\"r\""), 422, "wrong_type", "/relationships"),
                row(
                        "a relationship without a source",
                        relationship("\"target\":\"t\",\"type\":\"y\""),
                        422,
                        "required",
                        "/relationships/0/source"),
                row(
                        "a relationship without a target",
                        relationship("\"source\":\"s\",\"type\":\"y\""),
                        422,
                        "required",
                        "/relationships/0/target"),
                row(
                        "a relationship without a type",
                        relationship("\"source\":\"s\",\"target\":\"t\""),
                        422,
                        "required",
                        "/relationships/0/type"),
                row(
                        "a long target",
                        relationship("\"source\":\"s\",\"type\":\"y\",\"target\":" + quoted("t".repeat(501))),
                        422,
                        "too_long",
                        "/relationships/0/target"),
                row(
                        "a relationship with a name",
                        relationship("\"source\":\"s\",\"type\":\"y\",\"target\":\"t\",\"name\":\"n\""),
                        422,
                        "unknown_field",
                        "/relationships/0/name"));
    }

    static Stream<Arguments> metadata() {
        return Stream.of(
                row("metadata as a string", with("\"metadata\":\"{}\""), 422, "wrong_type", "/metadata"),
                row("metadata as an array", with("\"metadata\":[]"), 422, "wrong_type", "/metadata"),
                row("null as metadata", with("\"metadata\":null"), 422, "wrong_type", "/metadata"),
                row("1e400", with("\"metadata\":{\"a\":[0,1e400]}"), 422, "out_of_range", "/metadata/a/1"),
                row("-1e400", with("\"metadata\":{\"a\":-1E+400}"), 422, "out_of_range", "/metadata/a"),
                row(
                        "an integer of 400 digits",
                        with("\"metadata\":{\"a\":" + "9".repeat(400) + "}"),
                        422,
                        "out_of_range",
                        "/metadata/a"),
                row(
                        "more decimal places than jsonb has",
                        with("\"metadata\":{\"a\":1e-16384}"),
                        422,
                        "out_of_range",
                        "/metadata/a"),
                row(
                        "decimal places by fraction and exponent",
                        with("\"metadata\":{\"a\":1.5e-16383}"),
                        422,
                        "out_of_range",
                        "/metadata/a"),
                row(
                        "an exponent past all integers",
                        with("\"metadata\":{\"a\":0e99999999999999999999}"),
                        422,
                        "out_of_range",
                        "/metadata/a"),
                row("NUL in a value", with("\"metadata\":{\"a\":{\"b\":\"\\u0000\"}}"), 422, "nul", "/metadata/a/b"),
                row("NUL in a key", with("\"metadata\":{\"a\\u0000\":1}"), 422, "nul", "/metadata/a\u0000"),
                row(
                        "half a character in a value",
                        with("\"metadata\":{\"a\":[\"\\udc00\"]}"),
                        422,
                        "lone_surrogate",
                        "/metadata/a/0"),
                row(
                        "the second half of a character in a key",
                        with("\"metadata\":{\"a\":{\"x\":0,\"\\udc00\":1}}"),
                        422,
                        "lone_surrogate",
                        "/metadata/a"),
                row(
                        "half a character in a key",
                        with("\"metadata\":{\"a\":{\"\\ud800\":{\"b\":1}}}"),
                        422,
                        "lone_surrogate",
                        "/metadata/a"),
                row(
                        "64 KiB and a byte",
                        with("\"metadata\":{\"a\":\"" + "m".repeat((64 << 10) - 7) + "\"}"),
                        422,
                        "too_long",
                        "/metadata"));
    }

    private static final String GOOD_ENTITY = "\"name\":\"n\",\"type\":\"t\"";

    private static String document(String sourceUri, String content) {
        return "{\"source_uri\":" + sourceUri + ",\"content\":" + content + "}";
    }

    private static String with(String fields) {
        return "{\"source_uri\":\"u\",\"content\":\"c\"," + fields + "}";
    }

    private static String entity(String fields) {
        return with("\"entities\":[{" + fields + "}]");
    }

    private static String relationship(String fields) {
        return with("\"relationships\":[{" + fields + "}]");
    }

    private static String nested(int levels) {
        return "{\"a\":".repeat(levels) + "1" + "}".repeat(levels);
    }

    private static String quoted(String text) {
        return "\"" + text + "\"";
    }

    private static Arguments row(String name, String body, int status, String code, String pointer) {
        return arguments(name, body.getBytes(StandardCharsets.UTF_8), status, code, pointer);
    }

    private static Arguments encoded(String name, String body, String charset) {
        return arguments(name, body.getBytes(Charset.forName(charset)), 400, "invalid_utf8", NOWHERE);
    }

    /** The bytes stand inside a content, where a lenient reader would take them. */
    private static Arguments bytes(String name, int status, String code, int... bytes) {
        var body = new ByteArrayOutputStream();
        body.writeBytes("{\"source_uri\":\"u\",\"content\":\"c".getBytes(StandardCharsets.UTF_8));
        for (int b : bytes) {
            body.write(b);
        }
        body.writeBytes("\"}".getBytes(StandardCharsets.UTF_8));
        return arguments(name, body.toByteArray(), status, code, NOWHERE);
    }
}
