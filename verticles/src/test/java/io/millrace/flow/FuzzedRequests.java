package io.millrace.flow;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Requests at random, the same for the same seed: documents of odd but valid text, their bytes spoilt in all the ways that
 * have ever broken a parser, compressed and spoilt again, and requests whose heads are spoilt.
 */
final class FuzzedRequests {

    private static final List<String> TOKENS = List.of(
            "\"",
            "\\",
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "null",
            "true",
            "NaN",
            "1e400",
            "-0",
            "1e-20000",
            "01",
            "\\u0000",
            "\\ud800",
            "\\udc00\\ud800",
            "\\x",
            "\u0000",
            "\r\n",
            "\n",
            "\t",
            "\u007f",
            "\u2028",
            "\ufeff",
            "/*",
            "//",
            "é",
            "😀",
            "\"content\":\"c\",",
            "\"source_uri\":7,",
            "\"metadata\":{\"a\":{\"a\":1}},",
            "[[[[[[[[[[[[[[[[[",
            "{\"a\":{\"a\":{\"a\":{\"a\":",
            "99999999999999999999999999",
            "%00",
            "..",
            "<script>",
            "'; drop table x; --");

    private static final List<String> HEAD_TOKENS = List.of(
            "\r\n",
            "\r",
            "\n",
            " ",
            "\t",
            ":",
            "Transfer-Encoding: chunked\r\n",
            "Content-Length: 7\r\n",
            "Content-Length: -1\r\n",
            "Content-Encoding: gzip\r\n",
            "Expect: 100-continue\r\n",
            "Connection: close\r\n",
            "Connection: Upgrade\r\nUpgrade: websocket\r\n",
            "Upgrade: h2c\r\n",
            "Prefer: wait=0\r\n",
            "Idempotency-Key: a\r\n",
            "Millrace-Workspace: %\r\n",
            "HTTP/1.0",
            "HTTP/9.9",
            "%",
            "%00",
            "%2e%2e/",
            "/../",
            "?",
            "&",
            "=",
            "#",
            "\u0000",
            "\u00ff",
            "GET",
            "CONNECT",
            "OPTIONS *",
            "http://x",
            "Accept: */*;q=x\r\n",
            "Range: bytes=0-\r\n",
            "Host: y\r\n",
            "Accept-Encoding: gzip;q=2\r\n",
            "ids=",
            "limit=",
            "q=",
            "If-None-Match: *\r\n");

    private static final List<String> TARGETS = List.of(
            "GET /v1/jobs?ids=",
            "GET /v1/jobs/123e4567-e89b-12d3-a456-426614174000",
            "GET /v1/graph/entities?q=a&limit=10",
            "GET /v1/graph/entities/123e4567-e89b-12d3-a456-426614174000",
            "GET /v1/graph/stats",
            "GET /v1/jobs?from=2026-11-21&to=2026-11-22&limit=5&cursor=",
            "GET /v1/documents?source_uri=x&version=1&content=true",
            "GET /v1/jobs/123e4567-e89b-12d3-a456-426614174000/results?limit=5&cursor=",
            "GET /v1/groups",
            "GET /health/detailed",
            "GET /problems/not_found",
            "GET /problems",
            "GET /metrics",
            "OPTIONS /v1/documents",
            "POST /v1/jobs/123e4567-e89b-12d3-a456-426614174000/cancel",
            "HEAD /health/live",
            "PATCH /v1/documents");

    private static final List<String> FIELDS = List.of(
            "source_uri",
            "content",
            "content_type",
            "job_type",
            "metadata",
            "entities",
            "relationships",
            "Content",
            "");

    private final Random random;
    private final String prefix;
    private int number;

    FuzzedRequests(long seed) {
        this.random = new Random(seed);
        this.prefix = "fuzz-" + seed + "-";
    }

    /** What a request asks for, as far as its answer can be checked. */
    enum Kind {
        DOCUMENT,
        ARRAY,
        STREAM,
        COMPRESSED,
        HEAD
    }

    /** @param body before it was compressed; empty for a head */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Request(Kind kind, byte[] bytes, byte[] body) {}

    Request next() {
        var kind = Kind.values()[random.nextInt(Kind.values().length)];
        return switch (kind) {
            case DOCUMENT -> post(kind, "application/json", perhapsSpoilt(documentBytes()));
            case ARRAY -> post(kind, "application/json", perhapsSpoilt(arrayBytes()));
            case STREAM -> post(kind, "application/x-ndjson", perhapsSpoilt(streamBytes()));
            case COMPRESSED -> compressed();
            case HEAD -> head();
        };
    }

    private Request post(Kind kind, String type, byte[] body) {
        var key = kind != Kind.STREAM && random.nextInt(8) == 0 ? "Idempotency-Key: " + prefix + number + "\r\n" : "";
        return new Request(kind, request("Content-Type: " + type + "\r\n" + key, body), body);
    }

    private Request compressed() {
        var body = documentBytes();
        var text = new String(body, StandardCharsets.UTF_8);
        var gzip = random.nextBoolean();
        var bytes = perhapsSpoilt(gzip ? DoorClient.gzip(text) : DoorClient.deflate(text));
        var headers = "Content-Type: application/json\r\nContent-Encoding: " + (gzip ? "gzip" : "deflate") + "\r\n";
        return new Request(Kind.COMPRESSED, request(headers, bytes), body);
    }

    private byte[] request(String headers, byte[] body) {
        var head =
                "POST /v1/documents HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + body.length + "\r\n\r\n";
        return concat(head.getBytes(StandardCharsets.ISO_8859_1), body);
    }

    private Request head() {
        var text = new StringBuilder(pick(TARGETS) + " HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n");
        for (var i = random.nextInt(4); i >= 0; i--) {
            text.insert(random.nextInt(text.length() - 3), pick(HEAD_TOKENS));
        }
        var bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        if (random.nextInt(3) == 0) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        // So that most heads come to an end, whatever became of them.
        return new Request(Kind.HEAD, concat(bytes, "\r\n\r\n".getBytes(StandardCharsets.US_ASCII)), new byte[0]);
    }

    private byte[] documentBytes() {
        return document().encode().getBytes(StandardCharsets.UTF_8);
    }

    private byte[] arrayBytes() {
        var array = new JsonArray();
        for (var i = random.nextInt(4); i >= 0; i--) {
            array.add(document());
        }
        return array.encode().getBytes(StandardCharsets.UTF_8);
    }

    private byte[] streamBytes() {
        var lines = new StringBuilder();
        for (var i = random.nextInt(6); i >= 0; i--) {
            lines.append(document().encode()).append(random.nextInt(10) == 0 ? "\r\n" : "\n");
        }
        return lines.toString().getBytes(StandardCharsets.UTF_8);
    }

    private JsonObject document() {
        var document = new JsonObject()
                .put("source_uri", prefix + number++ + text(20, false))
                .put("content", "c" + text(400, true));
        if (random.nextInt(3) == 0) {
            document.put(
                    "metadata",
                    new JsonObject().put(text(10, true), text(30, true)).put("n", random.nextDouble()));
        }
        if (random.nextInt(3) == 0) {
            document.put(
                    "entities",
                    new JsonArray()
                            .add(new JsonObject()
                                    .put("name", "n" + text(10, true))
                                    .put("type", "T")));
        }
        if (random.nextInt(6) == 0) {
            document.put("content_type", pick(List.of("text/html", "text/markdown", "text/plain")));
        }
        if (random.nextInt(6) == 0) {
            document.put(pick(FIELDS), wrong());
        }
        return document;
    }

    /** A value that is JSON, and seldom what a field may hold. */
    private Object wrong() {
        return switch (random.nextInt(6)) {
            case 0 -> random.nextInt();
            case 1 -> new JsonArray().add(text(5, true));
            case 2 -> new JsonObject().put("name", text(5, true)).put("type", 1);
            case 3 -> "x".repeat(random.nextInt(3_000));
            case 4 -> "\u0000";
            default -> random.nextBoolean();
        };
    }

    /** Any characters that may be stored; with controls only where a text may have several lines. */
    private String text(int lengthMax, boolean controls) {
        var text = new StringBuilder();
        for (var i = random.nextInt(lengthMax + 1); i > 0; i--) {
            var c = switch (random.nextInt(6)) {
                case 0 -> 0x20 + random.nextInt(0x5f);
                case 1 -> 0xa0 + random.nextInt(0x700);
                case 2 -> 0x2000 + random.nextInt(0x100);
                case 3 -> 0x1f300 + random.nextInt(0x300);
                case 4 -> controls ? 1 + random.nextInt(0x9f) : 'c';
                default -> 'a' + random.nextInt(26);
            };
            text.appendCodePoint(c);
        }
        return text.toString();
    }

    private byte[] perhapsSpoilt(byte[] bytes) {
        var spoilt = bytes;
        // A third stays whole, so that there is something to read back.
        for (var i = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(3); i > 0 && spoilt.length > 0; i--) {
            spoilt = spoilt(spoilt);
        }
        return spoilt;
    }

    private byte[] spoilt(byte[] bytes) {
        var from = random.nextInt(bytes.length);
        var to = Math.min(bytes.length, from + random.nextInt(40));
        return switch (random.nextInt(7)) {
            case 0 -> Arrays.copyOf(bytes, from);
            case 1 -> replaced(bytes, from, to, new byte[0]);
            case 2 -> replaced(bytes, to, to, Arrays.copyOfRange(bytes, from, to));
            case 3 -> replaced(bytes, from, from, pick(TOKENS).getBytes(StandardCharsets.UTF_8));
            case 4 -> replaced(bytes, from, from + 1, pick(TOKENS).getBytes(StandardCharsets.UTF_8));
            case 5 -> replaced(bytes, from, from + 1, new byte[] {(byte) (bytes[from] ^ 1 << random.nextInt(8))});
            default -> replaced(bytes, from, from, anyBytes());
        };
    }

    private byte[] anyBytes() {
        var bytes = new byte[1 + random.nextInt(4)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] replaced(byte[] bytes, int from, int to, byte[] by) {
        return concat(Arrays.copyOf(bytes, from), concat(by, Arrays.copyOfRange(bytes, to, bytes.length)));
    }

    private static byte[] concat(byte[] some, byte[] more) {
        var all = new ByteArrayOutputStream(some.length + more.length);
        all.writeBytes(some);
        all.writeBytes(more);
        return all.toByteArray();
    }

    private String pick(List<String> from) {
        return from.get(random.nextInt(from.size()));
    }
}
