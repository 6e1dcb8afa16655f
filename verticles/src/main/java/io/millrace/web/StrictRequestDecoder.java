package io.millrace.web;

import io.netty.handler.codec.http.HttpMessage;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import java.util.Set;

/** Refuses requests whose length or version two readers could understand differently (RFC 9112, section 6.3). */
final class StrictRequestDecoder extends VertxHttpRequestDecoder {

    /** The longest source_uri, 2,048 characters of four bytes each, is 24 KiB when percent-encoded; 200 job ids are 7. */
    private static final int LINE_BYTES_MAX = 26 << 10;

    private static final Set<String> VERSIONS = Set.of("HTTP/1.0", "HTTP/1.1");

    StrictRequestDecoder() {
        super(new HttpServerOptions().setMaxInitialLineLength(LINE_BYTES_MAX));
    }

    @Override
    protected HttpMessage createMessage(String[] initialLine) {
        if (!VERSIONS.contains(initialLine[2])) {
            throw new IllegalArgumentException("neither HTTP/1.0 nor HTTP/1.1");
        }
        return super.createMessage(initialLine);
    }

    /** Netty would let the transfer encoding win; a proxy before us may have let the length. */
    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException("both Content-Length and Transfer-Encoding");
    }

    /** Whether bytes have come that are no whole element yet. */
    boolean holdsBytes() {
        return actualReadableBytes() > 0;
    }
}
