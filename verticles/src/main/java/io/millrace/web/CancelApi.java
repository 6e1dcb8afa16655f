package io.millrace.web;

import io.millrace.MillraceException.NotFound;
import io.millrace.jobs.CancelStore;
import io.millrace.jobs.Cancelled;
import io.millrace.jobs.JobFinished;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/jobs/{id}/cancel}: calls off a job that has not ended. */
final class CancelApi {

    private final Vertx vertx;
    private final Supplier<CancelStore> jobs;

    CancelApi(Vertx vertx, Supplier<CancelStore> jobs) {
        this.vertx = vertx;
        this.jobs = jobs;
    }

    void mount(Router router) {
        router.post("/v1/jobs/:id/cancel").handler(this::cancel);
    }

    private record CancelledJob(
            UUID id,
            String sourceUri,
            String status,
            @Nullable String errorMessage,
            Instant completedAt) {

        static CancelledJob of(JobFinished job) {
            return new CancelledJob(job.id(), job.sourceUri(), job.status(), job.errorMessage(), job.completedAt());
        }
    }

    private void cancel(RoutingContext context) {
        Requests.onlyKnows(context);
        var id = Requests.uuid("id", context.pathParam("id"));
        Requests.answerToWrite(context, jobs.get().cancel(Requests.workspace(context), id), cancelled -> {
            switch (cancelled) {
                case Cancelled.Done(var job) -> {
                    vertx.eventBus().publish(JobFinished.ADDRESS, job);
                    Json.answer(context, 200, CancelledJob.of(job));
                }
                case Cancelled.Ended(var job) ->
                    ProblemHandler.answer(
                            context,
                            Problem.of(ProblemType.JOB_ENDED, "The job has ended already: it is " + job.status() + ".")
                                    .withContext(Map.of("status", job.status())));
                case Cancelled.Followed() ->
                    ProblemHandler.answer(
                            context, Problem.of(ProblemType.JOB_FOLLOWED, ProblemType.JOB_FOLLOWED.cause()));
                case Cancelled.Missing() -> throw new NotFound("job", id.toString());
            }
        });
    }
}
