package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.pg.DatabaseFailure;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class UntilKnownTest {

    private static final Future<String> BROKEN = Future.failedFuture(new IOException("connection reset"));
    private static final Future<String> UNREACHABLE = Future.failedFuture(new ConnectException("refused"));
    private static final Future<String> REFUSED =
            Future.failedFuture(new PgException("violates a constraint", "ERROR", "23514", "no"));

    private static Vertx vertx;

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stop() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void aFirstTryThatDoesNotReachTheDatabaseStoredNothing() {
        assertThat(failure(Duration.ofSeconds(20), List.of(UNREACHABLE))).isEqualTo(DatabaseFailure.Kind.UNAVAILABLE);
    }

    @Test
    void behindAnAnswerThatDidNotComeALaterTrySaysNothing() {
        assertThat(outcome(Duration.ofSeconds(20), List.of(BROKEN, UNREACHABLE, Future.succeededFuture("stored")))
                        .result())
                .isEqualTo("stored");
    }

    @Test
    void withoutAnAnswerByTheEndTheOutcomeIsUnknown() {
        assertThat(failure(Duration.ZERO, List.of(BROKEN, UNREACHABLE))).isEqualTo(DatabaseFailure.Kind.UNKNOWN);
    }

    @Test
    void whatIsRefusedNowWasRefusedBefore() {
        assertThat(failure(Duration.ofSeconds(20), List.of(BROKEN, REFUSED))).isEqualTo(DatabaseFailure.Kind.REFUSED);
    }

    private static DatabaseFailure.Kind failure(Duration patience, List<Future<String>> answers) {
        var cause = outcome(patience, answers).cause();
        assertThat(cause).isInstanceOf(DatabaseFailure.class);
        return ((DatabaseFailure) cause).kind();
    }

    private static Future<String> outcome(Duration patience, List<Future<String>> answers) {
        var left = new ArrayDeque<>(answers);
        var outcome = UntilKnown.run(vertx, patience, left::remove);
        outcome.otherwise("failed")
                .toCompletionStage()
                .toCompletableFuture()
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
        return outcome;
    }
}
