package io.millrace.stream;

import io.vertx.core.Vertx;
import java.util.concurrent.Executor;

/**
 * Runs what can wait until this turn of the caller's event loop is over: whoever was woken by the same news, or had the same
 * answer, has come by then.
 */
public record NextTurn(Vertx vertx) implements Executor {

    @Override
    public void execute(Runnable work) {
        vertx.getOrCreateContext().runOnContext(turn -> work.run());
    }
}
