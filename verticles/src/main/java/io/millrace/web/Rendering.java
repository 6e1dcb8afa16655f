package io.millrace.web;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.Callable;

/** Makes answers: small ones at once, large ones away from the event loop, which they would hold up. */
final class Rendering {

    /** A megabyte takes some ten milliseconds. */
    private static final int INLINE_BYTES = 128 << 10;

    private Rendering() {}

    /** @param bytes about how much there is to read or write */
    static <T> Future<T> run(Vertx vertx, int bytes, Callable<T> work) {
        if (bytes > INLINE_BYTES) {
            return vertx.executeBlocking(work, false);
        }
        try {
            return Future.succeededFuture(work.call());
        } catch (Exception e) {
            return Future.failedFuture(e);
        }
    }
}
