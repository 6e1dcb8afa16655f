package io.millrace.web;

import io.millrace.pg.Hashes;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.util.Arrays;
import java.util.Base64;

/**
 * Answers that a client may keep, as long as it asks each time whether they still hold: with {@code If-None-Match} and the tag
 * that came with the answer. The tag is a digest of the answer itself, so it is right whatever the answer is made of and
 * whichever pod made it.
 */
final class Cached {

    private static final int TAG_BYTES = 12;

    private Cached() {}

    /** An answer and its tag: weak, since the same answer also goes out compressed. */
    record Rendered(Buffer body, String tag) {}

    static Rendered render(Object value) {
        var body = Json.bytes(value);
        return new Rendered(body, tag(body));
    }

    private static String tag(Buffer body) {
        var digest = Arrays.copyOf(Hashes.sha256().digest(body.getBytes()), TAG_BYTES);
        return "W/\"" + Base64.getUrlEncoder().withoutPadding().encodeToString(digest) + "\"";
    }

    static void answer(RoutingContext context, Object value) {
        answer(context, render(value));
    }

    /** The memory that it takes is given back when the client has it. */
    static Future<Void> answer(RoutingContext context, DoorMemory.Answer<Rendered> rendered) {
        return answer(context, rendered.value())
                .onComplete(done -> rendered.taken().run());
    }

    /** Completes when the client has taken it. */
    static Future<Void> answer(RoutingContext context, Rendered rendered) {
        var response = context.response()
                .putHeader(HttpHeaders.ETAG, rendered.tag())
                .putHeader(HttpHeaders.CACHE_CONTROL, "private, no-cache");
        // The same path is another thing in another workspace.
        response.headers().add(HttpHeaders.VARY, Requests.WORKSPACE_HEADER + ", accept-encoding");
        if (isKnown(context.request().headers().getAll(HttpHeaders.IF_NONE_MATCH), rendered.tag())) {
            return response.setStatusCode(304).end();
        }
        return response.setStatusCode(200)
                .putHeader(HttpHeaders.CONTENT_TYPE, Json.MEDIA_TYPE)
                .end(rendered.body());
    }

    /** Compared weakly, as RFC 9110 wants it for If-None-Match. Our tags hold no comma. */
    private static boolean isKnown(Iterable<String> headers, String tag) {
        for (var header : headers) {
            for (var known : header.split(",", -1)) {
                var stripped = known.strip();
                if (stripped.equals("*") || strong(stripped).equals(strong(tag))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String strong(String tag) {
        return tag.startsWith("W/") ? tag.substring(2) : tag;
    }
}
