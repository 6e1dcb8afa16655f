package io.millrace.web;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;

/** A problem as the bytes of a whole answer, for connections on which there is no request to answer. The last on each. */
final class RawAnswer {

    private RawAnswer() {}

    static ByteBuf of(Problem problem) {
        var body = problem.toBuffer();
        var retryAfter = problem.retryAfter() == null ? "" : "Retry-After: " + problem.retryAfterSeconds() + "\r\n";
        var head =
                "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nCache-Control: no-store\r\n%sConnection: close\r\n\r\n"
                        .formatted(
                                HttpResponseStatus.valueOf(problem.status()),
                                Problem.MEDIA_TYPE,
                                body.length(),
                                retryAfter);
        return Unpooled.wrappedBuffer(head.getBytes(StandardCharsets.US_ASCII), body.getBytes());
    }
}
