package io.millrace.web;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes a body as it was sent, piece by piece, and gives it as it was meant. Reading is pulled, so that a small piece that
 * inflates to a large one need not be taken all at once.
 */
interface ContentDecoder extends AutoCloseable {

    /** The codings that are decoded, for the header of an answer to any other. */
    String ACCEPTED = "gzip, deflate";

    /** A body is not what its Content-Encoding says, or inflates to more than is taken. */
    final class Broken extends Exception {

        private final transient Problem problem;

        Broken(ProblemType type, String detail) {
            super(detail, null, false, false);
            this.problem = Problem.of(type, detail);
        }

        Problem problem() {
            return problem;
        }
    }

    /** A piece of the body, to be given only when {@link #read} has given all of the one before. */
    void feed(Buffer piece);

    /** The next bytes; null when another piece is needed. */
    @Nullable
    Buffer read() throws Broken;

    /** The body has ended; may it? */
    void end() throws Broken;

    @Override
    void close();

    /** The decoder of a request's body; null when there is none for its encoding, which the client has then been told. */
    static @Nullable ContentDecoder orRefuse(RoutingContext context, int inflationRatio) {
        var decoder = of(context.request().headers(), inflationRatio).orElse(null);
        if (decoder == null) {
            var type = ProblemType.UNSUPPORTED_CONTENT_ENCODING;
            context.response().putHeader(HttpHeaders.ACCEPT_ENCODING, ACCEPTED);
            ProblemHandler.answer(context, Problem.of(type, type.cause()));
        }
        return decoder;
    }

    /** The decoder for what the headers say; empty when they name a coding that is not known, or more than one. */
    static Optional<ContentDecoder> of(MultiMap headers, int ratioMax) {
        var codings = headers.getAll(HttpHeaders.CONTENT_ENCODING).stream()
                .flatMap(header -> List.of(header.split(",", -1)).stream())
                .map(coding -> coding.strip().toLowerCase(Locale.ROOT))
                .filter(coding -> !coding.equals("identity"))
                .toList();
        if (codings.isEmpty()) {
            return Optional.of(new Identity());
        }
        return switch (String.join(",", codings)) {
            case "gzip", "x-gzip" -> Optional.of(Inflation.gzip(ratioMax));
            case "deflate" -> Optional.of(Inflation.zlib(ratioMax));
            default -> Optional.empty();
        };
    }

    /** A body that was sent as it is. */
    final class Identity implements ContentDecoder {

        private @Nullable Buffer piece;

        @Override
        public void feed(Buffer next) {
            piece = next;
        }

        @Override
        public @Nullable Buffer read() {
            var whole = piece;
            piece = null;
            return whole;
        }

        @Override
        public void end() {}

        @Override
        public void close() {}
    }
}
