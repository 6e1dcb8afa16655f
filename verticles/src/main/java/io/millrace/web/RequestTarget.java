package io.millrace.web;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks for, as it was sent, checked before anything is made of it. The router would resolve dots, and would
 * put U+FFFD where a percent encoding is not UTF-8: the client would get the answer to a question that it has not asked.
 */
final class RequestTarget {

    /** Of a target in absolute form, as clients send it to proxies. */
    private static final Pattern ORIGIN = Pattern.compile("^[Hh][Tt][Tt][Pp][Ss]?://[^/?#]+");

    private RequestTarget() {}

    /** The first handler of all routes. */
    static void check(RoutingContext context) {
        var wrong = wrong(context.request());
        if (wrong == null) {
            // What an answer shows is never taken for anything but what its type says.
            context.response().putHeader("X-Content-Type-Options", "nosniff");
            context.next();
        } else {
            refuse(context, wrong);
        }
    }

    /** Where a transfer encoding that was not understood ends is not known either: nothing behind it is a request. */
    private static void refuse(RoutingContext context, Problem problem) {
        var unclear = context.request().headers().contains(HttpHeaders.TRANSFER_ENCODING);
        if (unclear) {
            context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        ProblemHandler.answer(context, problem);
        if (unclear) {
            var _ = context.request().connection().close();
        }
    }

    private static @Nullable Problem wrong(HttpServerRequest request) {
        var uri = ORIGIN.matcher(request.uri()).replaceFirst("");
        if (uri.chars().anyMatch(c -> c <= ' ' || c > '~')) {
            return bad("The target holds a character that has to be percent-encoded, as UTF-8.");
        }
        var queryAt = uri.indexOf('?');
        var path = decoded(queryAt < 0 ? uri : uri.substring(0, queryAt));
        if (path == null) {
            return bad("The path has a percent encoding that is broken, or not UTF-8.");
        }
        if (!path.isEmpty() && !path.startsWith("/")) {
            return bad("The target of a request is a path, which begins with a slash.");
        }
        if (path.chars().anyMatch(Character::isISOControl)) {
            return bad("The path holds a control character.");
        }
        if (Arrays.stream(path.split("[/\\\\]", -1)).anyMatch(List.of(".", "..")::contains)) {
            return bad("The path holds a segment of dots.");
        }
        if (queryAt >= 0 && decoded(uri.substring(queryAt + 1)) == null) {
            return bad("The query has a percent encoding that is broken, or not UTF-8.");
        }
        return wrongHeaders(request);
    }

    private static @Nullable Problem wrongHeaders(HttpServerRequest request) {
        var headers = request.headers();
        if (headers.getAll("Host").size() > 1) {
            return bad("There are two Host headers.");
        }
        if (headers.contains("")) {
            return bad("A header has no name.");
        }
        var codings = headers.getAll("Transfer-Encoding");
        var chunked = codings.size() == 1 && codings.getFirst().strip().equalsIgnoreCase("chunked");
        if (!codings.isEmpty() && (!chunked || request.version() == HttpVersion.HTTP_1_0)) {
            return bad("The only transfer encoding is chunked, in HTTP/1.1.");
        }
        var expected = headers.get("Expect");
        return expected == null || expected.equalsIgnoreCase("100-continue")
                ? null
                : Problem.of(ProblemType.EXPECTATION_FAILED, ProblemType.EXPECTATION_FAILED.cause());
    }

    private static Problem bad(String detail) {
        return Problem.of(ProblemType.BAD_REQUEST, detail);
    }

    /** The text behind percent encodings; null when they are broken or stand for no text. */
    private static @Nullable String decoded(String encoded) {
        var bytes = new ByteArrayOutputStream(encoded.length());
        for (var i = 0; i < encoded.length(); i++) {
            var c = encoded.charAt(i);
            if (c != '%') {
                bytes.write(c);
                continue;
            }
            var whole = i + 2 < encoded.length() && isHex(encoded.charAt(i + 1)) && isHex(encoded.charAt(i + 2));
            if (!whole) {
                return null;
            }
            bytes.write(Integer.parseInt(encoded, i + 1, i + 3, 16));
            i += 2;
        }
        return text(bytes.toByteArray());
    }

    private static boolean isHex(char c) {
        return c < 0x80 && Character.digit(c, 16) >= 0;
    }

    private static @Nullable String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
