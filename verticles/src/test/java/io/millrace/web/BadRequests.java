package io.millrace.web;

import static io.millrace.web.Compressed.cut;
import static io.millrace.web.Compressed.gzip;
import static io.millrace.web.Compressed.joined;
import static io.millrace.web.Compressed.rawDeflate;
import static io.millrace.web.Compressed.spoilt;
import static io.millrace.web.Compressed.zlib;
import static io.millrace.web.Compressed.zlibWithDictionary;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** The part of the catalogue of bad inputs that is about the transfer: rows for {@link BadInputTest}. */
final class BadRequests {

    private static final String GOOD = "{\"source_uri\":\"u\",\"content\":\"c\"}";
    private static final byte[] GOOD_BYTES = bytes(GOOD);
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String NDJSON = "Content-Type: application/x-ndjson\r\n";
    private static final String GZIP = "Content-Encoding: gzip\r\n";
    private static final String DEFLATE = "Content-Encoding: deflate\r\n";
    private static final String ID = "123e4567-e89b-12d3-a456-426614174000";

    private BadRequests() {}

    static Stream<Arguments> types() {
        return Stream.of(
                post("no content type", "", GOOD, 415, "unsupported_media_type"),
                post("another content type", "Content-Type: text/plain\r\n", GOOD, 415, "unsupported_media_type"),
                post("an empty content type", "Content-Type: \r\n", GOOD, 415, "unsupported_media_type"),
                post("two content types", JSON + NDJSON, GOOD, 415, "unsupported_media_type"),
                post(
                        "a form",
                        "Content-Type: multipart/form-data; boundary=x\r\n",
                        GOOD,
                        415,
                        "unsupported_media_type"),
                post(
                        "JSON in Latin-1, by its charset",
                        "Content-Type: application/json; charset=iso-8859-1\r\n",
                        GOOD,
                        415,
                        "unsupported_media_type"),
                post("an unknown encoding", JSON + "Content-Encoding: br\r\n", GOOD, 415, UNKNOWN_ENCODING),
                post("an empty encoding", JSON + "Content-Encoding: \r\n", GOOD, 415, UNKNOWN_ENCODING),
                post("two encodings", JSON + "Content-Encoding: gzip, gzip\r\n", GOOD, 415, UNKNOWN_ENCODING),
                post("two encoding headers", JSON + GZIP + DEFLATE, GOOD, 415, UNKNOWN_ENCODING),
                post(
                        "an unknown encoding of a stream",
                        NDJSON + "Content-Encoding: zstd\r\n",
                        GOOD,
                        415,
                        UNKNOWN_ENCODING));
    }

    private static final String UNKNOWN_ENCODING = "unsupported_content_encoding";

    static Stream<Arguments> compressed() {
        var gzip = gzip(GOOD_BYTES);
        var zlib = zlib(GOOD_BYTES);
        return Stream.of(
                broken("plain text as gzip", GZIP, GOOD_BYTES),
                broken("plain text as deflate", DEFLATE, GOOD_BYTES),
                broken("gzip as deflate", DEFLATE, gzip),
                broken("deflate as gzip", GZIP, zlib),
                broken("raw deflate", DEFLATE, rawDeflate(GOOD_BYTES)),
                broken("gzip that is corrupt", GZIP, spoilt(gzip, gzip.length / 2)),
                broken("gzip with another checksum", GZIP, spoilt(gzip, 8)),
                broken("gzip with another length", GZIP, spoilt(gzip, 4)),
                broken("gzip with an unknown flag", GZIP, spoilt(gzip, gzip.length - 3)),
                broken("gzip without its trailer", GZIP, cut(gzip, 8)),
                broken("gzip without its last byte", GZIP, cut(gzip, 1)),
                broken("gzip cut in its data", GZIP, cut(gzip, gzip.length / 2)),
                broken("gzip cut in its header", GZIP, cut(gzip, gzip.length - 5)),
                broken("junk behind gzip", GZIP, joined(gzip, bytes("junk"))),
                broken("a second member cut short", GZIP, joined(gzip, cut(gzip, 3))),
                broken("deflate that is corrupt", DEFLATE, spoilt(zlib, zlib.length / 2)),
                broken("deflate with another checksum", DEFLATE, spoilt(zlib, 1)),
                broken("deflate cut short", DEFLATE, cut(zlib, 1)),
                broken("junk behind deflate", DEFLATE, joined(zlib, bytes("junk"))),
                broken("deflate with a dictionary", DEFLATE, zlibWithDictionary(GOOD_BYTES)),
                post("a stream that is no gzip", NDJSON + GZIP, GOOD, 400, "broken_content_encoding"),
                arguments("nothing, compressed", sent(JSON + GZIP, gzip(new byte[0])), 400, "empty_body", NOWHERE),
                arguments(
                        "two documents, in two members",
                        sent(JSON + GZIP, joined(gzip, gzip)),
                        400,
                        "malformed_json",
                        NOWHERE),
                post("no bytes as gzip", JSON + GZIP, "", 400, "empty_body"));
    }

    private static final String NOWHERE = "-";

    private static Arguments broken(String name, String encoding, byte[] body) {
        return arguments(name, sent(JSON + encoding, body), 400, "broken_content_encoding", NOWHERE);
    }

    static Stream<Arguments> sizes() {
        var letters = letters(Door.BODY_BYTES_MAX + 1);
        var zeros = new byte[20 << 20];
        return Stream.of(
                raw(
                        "a length over the limit",
                        "POST /v1/documents HTTP/1.1\r\nHost: x\r\n" + JSON + "Content-Length: 4194305\r\n\r\n",
                        413,
                        "body_too_large"),
                raw(
                        "a length over the limit, to be asked for",
                        "POST /v1/documents HTTP/1.1\r\nHost: x\r\n" + JSON
                                + "Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n",
                        413,
                        "body_too_large"),
                arguments("a body over the limit", sent(JSON, letters), 413, "body_too_large", NOWHERE),
                arguments("chunks over the limit", chunked(letters), 413, "body_too_large", NOWHERE),
                arguments(
                        "a body over the limit once inflated",
                        sent(JSON + GZIP, gzip(letters)),
                        413,
                        "body_too_large",
                        NOWHERE),
                arguments("a bomb in gzip", sent(JSON + GZIP, gzip(zeros)), 413, "compression_ratio_too_high", NOWHERE),
                arguments(
                        "a bomb in deflate",
                        sent(JSON + DEFLATE, zlib(zeros)),
                        413,
                        "compression_ratio_too_high",
                        NOWHERE),
                arguments(
                        "a bomb in a stream",
                        sent(NDJSON + GZIP, gzip(new byte[20 << 20])),
                        413,
                        "compression_ratio_too_high",
                        NOWHERE),
                raw(
                        "a long target",
                        "GET /v1/jobs?ids=" + "a".repeat(27_000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
                        414,
                        "uri_too_long"),
                get(
                        "a long header",
                        "/v1/jobs/" + ID,
                        "Cookie: " + "c".repeat(9_000) + "\r\n",
                        431,
                        "headers_too_large"));
    }

    /** That compress, but only to a half. */
    private static byte[] letters(int count) {
        var random = new Random(7);
        var letters = new byte[count];
        for (var i = 0; i < count; i++) {
            letters[i] = (byte) ('a' + random.nextInt(16));
        }
        return letters;
    }

    static Stream<Arguments> parameters() {
        return Stream.of(
                get("an id that is no UUID", "/v1/jobs/7", "", 400, "invalid_parameter"),
                get("an id that is nearly a UUID", "/v1/jobs/" + ID + "0", "", 400, "invalid_parameter"),
                get("a list of ids that are none", "/v1/jobs?ids=1,2", "", 400, "invalid_parameter"),
                get("an entity's id that is no UUID", "/v1/graph/entities/ada", "", 400, "invalid_parameter"),
                get("a limit of 0", "/v1/graph/entities?q=a&limit=0", "", 400, "invalid_parameter"),
                get("a limit below 0", "/v1/graph/entities?q=a&limit=-1", "", 400, "invalid_parameter"),
                get(
                        "a limit past all integers",
                        "/v1/graph/entities?q=a&limit=9999999999",
                        "",
                        400,
                        "invalid_parameter"),
                get("a limit that is no number", "/v1/graph/entities?q=a&limit=ten", "", 400, "invalid_parameter"),
                get("a limit twice", "/v1/graph/entities?q=a&limit=1&limit=2", "", 400, "invalid_parameter"),
                get("a cursor that is none", "/v1/jobs?cursor=nonsense", "", 400, "invalid_parameter"),
                get("a cursor that is no Base64", "/v1/jobs?cursor=%21", "", 400, "invalid_parameter"),
                get("a date that is none", "/v1/jobs?from=yesterday", "", 400, "invalid_parameter"),
                get("a date that no calendar has", "/v1/jobs?to=2026-02-30", "", 400, "invalid_parameter"),
                get("a time without a zone", "/v1/jobs?from=2026-11-21T17:00:00", "", 400, "invalid_parameter"),
                get(
                        "an end before the beginning",
                        "/v1/jobs?from=2026-11-21&to=2026-11-20",
                        "",
                        400,
                        "invalid_parameter"),
                get("a status that no job has", "/v1/jobs?status=done", "", 400, "invalid_parameter"),
                get("NUL in a query", "/v1/graph/entities?q=a%00b", "", 400, "invalid_parameter"),
                get("an unknown query parameter", "/v1/jobs/" + ID + "?verbose=1", "", 400, "invalid_parameter"),
                get(
                        "a line break in a query",
                        "/v1/graph/entities?limit=1%0d%0aPlanted:%201",
                        "",
                        400,
                        "invalid_parameter"),
                arguments(
                        "a query on a post",
                        sent("POST /v1/documents?sync=true", JSON, GOOD_BYTES),
                        400,
                        "invalid_parameter",
                        NOWHERE),
                arguments(
                        "cancelling what has no UUID",
                        sent("POST /v1/jobs/7/cancel", "", new byte[0]),
                        400,
                        "invalid_parameter",
                        NOWHERE),
                post("a workspace with a slash", JSON + "Millrace-Workspace: a/b\r\n", GOOD, 400, "invalid_parameter"),
                post("two workspaces", JSON + "Millrace-Workspace: a\r\nMillrace-Workspace: a\r\n", GOOD, 400, INVALID),
                post("a long workspace", JSON + "Millrace-Workspace: " + "w".repeat(65) + "\r\n", GOOD, 400, INVALID),
                post("an empty idempotency key", JSON + "Idempotency-Key: \r\n", GOOD, 400, "invalid_parameter"),
                post("an idempotency key with a space", JSON + "Idempotency-Key: a b\r\n", GOOD, 400, INVALID),
                post("an idempotency key in Latin-1", JSON + "Idempotency-Key: \u00e9\r\n", GOOD, 400, INVALID),
                post(
                        "a long idempotency key",
                        JSON + "Idempotency-Key: " + "k".repeat(256) + "\r\n",
                        GOOD,
                        400,
                        INVALID),
                post("two idempotency keys", JSON + "Idempotency-Key: a\r\nIdempotency-Key: b\r\n", GOOD, 400, INVALID),
                post("an idempotency key on a stream", NDJSON + "Idempotency-Key: a\r\n", GOOD, 400, INVALID));
    }

    private static final String INVALID = "invalid_parameter";

    static Stream<Arguments> targets() {
        return Stream.of(
                get("an unknown path", "/v1/nothing", "", 404, "not_found"),
                get("an unknown path outside the interface", "/favicon.ico", "", 404, "not_found"),
                get("a problem that is none", "/problems/nonsense", "", 404, "not_found"),
                arguments("a wrong method", sent("DELETE /v1/documents", "", new byte[0]), 405, WRONG_METHOD, NOWHERE),
                arguments(
                        "another wrong method",
                        sent("PUT /v1/jobs/" + ID, JSON, GOOD_BYTES),
                        405,
                        WRONG_METHOD,
                        NOWHERE),
                arguments(
                        "cancelling by GET",
                        sent("GET /v1/jobs/" + ID + "/cancel", "", new byte[0]),
                        405,
                        WRONG_METHOD,
                        NOWHERE),
                get("a query that is not percent-encoded", "/v1/graph/entities?q=\u00c3\u00a9", "", 400, "bad_request"),
                get("a path that is not percent-encoded", "/v1/jobs/\u00e9", "", 400, "bad_request"),
                get("NUL in a path", "/v1/jobs/%00", "", 400, "bad_request"),
                get("NUL at the end of an id", "/v1/jobs/" + ID + "%00", "", 400, "bad_request"),
                get("a line break in a path", "/v1/jobs/%0d%0aPlanted:%201", "", 400, "bad_request"),
                get("two dots in a path", "/v1/../metrics", "", 400, "bad_request"),
                get("two dots at the end", "/v1/jobs/..", "", 400, "bad_request"),
                get("two dots, encoded", "/v1/%2e%2E/metrics", "", 400, "bad_request"),
                get("two dots behind an encoded slash", "/v1/jobs/a%2f..%2f..", "", 400, "bad_request"),
                get("two dots behind a backslash", "/v1/jobs/..%5cetc", "", 400, "bad_request"),
                get("one dot in a path", "/v1/./jobs", "", 400, "bad_request"),
                get("a broken percent encoding", "/v1/jobs/%zz", "", 400, "bad_request"),
                get("a percent encoding cut short", "/v1/jobs/%4", "", 400, "bad_request"),
                get("a path that is not UTF-8", "/v1/jobs/%ff", "", 400, "bad_request"),
                get("an overlong slash in a path", "/v1/jobs/%c0%af", "", 400, "bad_request"),
                get("a query that is not UTF-8", "/v1/graph/entities?q=%ff", "", 400, "bad_request"),
                get("a broken percent encoding in a query", "/v1/graph/entities?q=%4", "", 400, "bad_request"),
                get("no slash at the beginning", "v1/jobs", "", 404, "not_found"),
                get("an asterisk", "*", "", 404, "not_found"));
    }

    private static final String WRONG_METHOD = "method_not_allowed";

    static Stream<Arguments> heads() {
        return Stream.of(
                raw("no HTTP", "nonsense\r\n\r\n", 400, "bad_request"),
                raw(
                        "TLS",
                        "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003random\r\n\r\n",
                        400,
                        "bad_request"),
                raw("no version", "GET /health/live\r\n\r\n", 400, "bad_request"),
                raw("HTTP/2.0", "GET /health/live HTTP/2.0\r\nHost: x\r\n\r\n", 400, "bad_request"),
                raw("HTTP/0.9", "GET /health/live HTTP/0.9\r\nHost: x\r\n\r\n", 400, "bad_request"),
                raw("no Host", "GET /health/live HTTP/1.1\r\n\r\n", 400, "bad_request"),
                raw("two Hosts", "GET /health/live HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "bad_request"),
                get("a header without a name", "/health/live", ": x\r\n", 400, "bad_request"),
                get("a space before a colon", "/health/live", "Planted : x\r\n", 400, "bad_request"),
                get("NUL in a header", "/health/live", "X: a\u0000b\r\n", 400, "bad_request"),
                get("a bare CR in a header", "/health/live", "X: a\rPlanted: b\r\n", 400, "bad_request"),
                get("an expectation of something else", "/health/live", "Expect: tea\r\n", 417, "expectation_failed"));
    }

    static Stream<Arguments> transfers() {
        return Stream.of(
                transfer(
                        "length and transfer encoding",
                        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                        "0\r\n\r\n"),
                transfer(
                        "transfer encoding and length",
                        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
                        "0\r\n\r\n"),
                transfer("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n", "123456"),
                transfer("two lengths in one header", "Content-Length: 5, 6\r\n", "123456"),
                transfer("a length below 0", "Content-Length: -1\r\n", ""),
                transfer("a length with a sign", "Content-Length: +5\r\n", "12345"),
                transfer("a length that is no number", "Content-Length: five\r\n", "12345"),
                transfer("a transfer encoding that is unknown", "Transfer-Encoding: gzip\r\n", ""),
                transfer("two transfer encodings", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
                transfer(
                        "a transfer encoding twice",
                        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                        "0\r\n\r\n"),
                transfer("a chunk whose size is no number", "Transfer-Encoding: chunked\r\n", "zz\r\n12\r\n0\r\n\r\n"),
                transfer("a chunk longer than its size", "Transfer-Encoding: chunked\r\n", "2\r\n12345\r\n0\r\n\r\n"),
                raw(
                        "chunks in HTTP/1.0",
                        "POST /v1/documents HTTP/1.0\r\n" + JSON + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                        400,
                        "bad_request"));
    }

    static Stream<Arguments> slow() {
        return Stream.of(
                raw("headers that never come", "GET /health/live HT", 408, "request_timeout"),
                raw("headers that do not end", "GET /health/live HTTP/1.1\r\nHost: x\r\n", 408, "request_timeout"),
                raw(
                        "a body that never comes",
                        "POST /v1/documents HTTP/1.1\r\nHost: x\r\n" + JSON + "Content-Length: 10\r\n\r\n",
                        408,
                        "request_timeout"),
                raw(
                        "a body that stops",
                        "POST /v1/documents HTTP/1.1\r\nHost: x\r\n" + JSON + "Content-Length: 10\r\n\r\n[{",
                        408,
                        "request_timeout"),
                raw(
                        "chunks that stop",
                        "POST /v1/documents HTTP/1.1\r\nHost: x\r\n" + JSON
                                + "Transfer-Encoding: chunked\r\n\r\n5\r\n12",
                        408,
                        "request_timeout"),
                raw(
                        "a stream that stops in its first line",
                        "POST /v1/documents HTTP/1.1\r\nHost: x\r\n" + NDJSON
                                + "Transfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n",
                        408,
                        "request_timeout"));
    }

    static Stream<Arguments> crowds() {
        var request = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
        return Stream.of(arguments(
                "one connection too many",
                new Door.Sent(bytes(request), Door.CONNECTIONS_MAX),
                503,
                "too_many_connections",
                NOWHERE));
    }

    private static Arguments transfer(String name, String headers, String body) {
        var head = "POST /v1/documents HTTP/1.1\r\nHost: x\r\n" + JSON + headers + "\r\n";
        return raw(name, head + body, 400, "bad_request");
    }

    private static Arguments post(String name, String headers, String body, int status, String code) {
        return arguments(name, sent(headers, bytes(body)), status, code, NOWHERE);
    }

    private static Arguments get(String name, String target, String headers, int status, String code) {
        return raw(name, "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n", status, code);
    }

    private static Arguments raw(String name, String request, int status, String code) {
        return arguments(name, new Door.Sent(bytes(request), 0), status, code, NOWHERE);
    }

    private static Door.Sent sent(String headers, byte[] body) {
        return sent("POST /v1/documents", headers, body);
    }

    private static Door.Sent sent(String what, String headers, byte[] body) {
        var head = what + " HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + body.length + "\r\n\r\n";
        return new Door.Sent(joined(bytes(head), body), 0);
    }

    private static Door.Sent chunked(byte[] body) {
        var head = "POST /v1/documents HTTP/1.1\r\nHost: x\r\n" + JSON + "Transfer-Encoding: chunked\r\n\r\n";
        var size = Integer.toHexString(body.length) + "\r\n";
        return new Door.Sent(joined(bytes(head), bytes(size), body, bytes("\r\n0\r\n\r\n")), 0);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
