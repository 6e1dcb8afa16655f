package io.millrace.web;

import io.millrace.stream.GroupState;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.healthchecks.HealthChecks;
import io.vertx.ext.healthchecks.Status;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.function.Supplier;

/**
 * {@code /health/live} (never touches the database), {@code /health/ready} and {@code /health/detailed}. A pod without its
 * database is live and not ready.
 */
final class HealthApi {

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** What the pod knows of its database. */
    interface DatabaseHealth {
        /** Asks the database for an answer. */
        Future<Void> ping();

        int active();

        int idle();

        int max();
    }

    /** A stage of this pod and when it last committed. */
    record StageHealth(GroupState state, Instant lastProgress) {}

    private final Vertx vertx;
    private final Readiness readiness;
    private final Supplier<DatabaseHealth> database;
    private final Supplier<Collection<StageHealth>> stages;
    private final HealthChecks checks;

    HealthApi(
            Vertx vertx,
            Readiness readiness,
            Supplier<DatabaseHealth> database,
            Supplier<Collection<StageHealth>> stages) {
        this.vertx = vertx;
        this.readiness = readiness;
        this.database = database;
        this.stages = stages;
        this.checks = HealthChecks.create(vertx)
                .register("started", this::checkStarted)
                .register("database", PATIENCE.toMillis(), this::checkDatabase);
    }

    void mount(Router router) {
        router.get("/health/live").handler(context -> Json.answer(context, 200, new JsonObject().put("status", "UP")));
        router.get("/health/ready").handler(this::ready);
        router.get("/health/detailed").handler(this::detailed);
    }

    private void checkStarted(Promise<Status> promise) {
        var reason = readiness.reason();
        promise.complete(reason == null ? Status.OK() : Status.KO(new JsonObject().put("waits_for", reason)));
    }

    private void checkDatabase(Promise<Status> promise) {
        if (readiness.reason() != null) {
            promise.complete(Status.KO());
            return;
        }
        database.get()
                .ping()
                .onComplete(done -> promise.tryComplete(
                        done.succeeded()
                                ? Status.OK()
                                : Status.KO(new JsonObject()
                                        .put("reason", done.cause().getMessage()))));
    }

    private void ready(RoutingContext context) {
        checks.checkStatus().onComplete(done -> {
            var up = done.succeeded() && done.result().getUp();
            var answer = new JsonObject().put("status", up ? "UP" : "DOWN");
            if (!up) {
                var reason = readiness.reason();
                answer.put("reason", reason == null ? "the database does not answer" : reason);
            }
            Json.answer(context, up ? 200 : 503, answer);
        });
    }

    private void detailed(RoutingContext context) {
        var reason = readiness.reason();
        if (reason != null) {
            Json.answer(context, 503, detail("DOWN", down(reason)));
            return;
        }
        var started = System.nanoTime();
        var ping = database.get().ping();
        var answered = Promise.<JsonObject>promise();
        vertx.setTimer(PATIENCE.toMillis(), fired -> answered.tryComplete(down("no answer within " + PATIENCE)));
        ping.onComplete(done -> answered.tryComplete(
                done.succeeded()
                        ? up(System.nanoTime() - started)
                        : down(String.valueOf(done.cause().getMessage()))));
        answered.future().onSuccess(health -> {
            var status = health.getString("status");
            Json.answer(context, status.equals("UP") ? 200 : 503, detail(status, health));
        });
    }

    private JsonObject up(long nanos) {
        return connections(new JsonObject().put("status", "UP").put("latency_ms", Math.round(nanos / 1e4) / 100.0));
    }

    private JsonObject down(String reason) {
        var health = new JsonObject().put("status", "DOWN").put("latency_ms", 0).put("reason", reason);
        return readiness.reason() == null ? connections(health) : health;
    }

    private JsonObject connections(JsonObject health) {
        var pool = database.get();
        return health.put(
                "connections",
                new JsonObject()
                        .put("active", pool.active())
                        .put("idle", pool.idle())
                        .put("max", pool.max()));
    }

    private JsonObject detail(String status, JsonObject databaseHealth) {
        var stageList = new JsonArray();
        for (var stage : stages.get()) {
            stageList.add(new JsonObject()
                    .put("stage", stage.state().group())
                    .put("lag", stage.state().lag())
                    .put("last_progress", stage.lastProgress().toString()));
        }
        return new JsonObject()
                .put("status", status)
                .put("database", databaseHealth)
                .put("stages", stageList);
    }
}
