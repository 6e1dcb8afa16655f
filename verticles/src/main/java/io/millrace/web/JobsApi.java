package io.millrace.web;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.millrace.MillraceException.NotFound;
import io.millrace.jobs.Job;
import io.millrace.jobs.JobStore;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code /v1/jobs}: what became of posted documents. */
final class JobsApi {

    private static final int MAX_IDS = 200;

    private final Supplier<JobStore> jobs;

    JobsApi(Supplier<JobStore> jobs) {
        this.jobs = jobs;
    }

    void mount(Router router) {
        router.get("/v1/jobs").handler(this::list);
        router.get("/v1/jobs/:id").handler(this::show);
    }

    private record JobView(
            UUID id,
            String workspace,
            String jobType,
            String status,
            String sourceUri,
            UUID documentId,
            @Nullable Integer chunksTotal,
            int chunksProcessed,
            @Nullable UUID follows,
            Instant createdAt,
            @Nullable Instant startedAt,
            @Nullable Instant completedAt,
            // As the sender wrote it: a detour through numbers of our own would change digits.
            @JsonRawValue @Nullable String metadata,
            @Nullable String errorMessage) {

        static JobView of(Job job) {
            return new JobView(
                    job.id(),
                    job.workspace(),
                    job.jobType(),
                    job.status(),
                    job.sourceUri(),
                    job.documentId(),
                    job.chunksTotal(),
                    job.chunksProcessed(),
                    job.follows(),
                    job.createdAt(),
                    job.startedAt(),
                    job.completedAt(),
                    job.metadata(),
                    job.errorMessage());
        }
    }

    private record JobList(List<JobView> jobs, List<UUID> missing) {}

    private void list(RoutingContext context) {
        Requests.onlyKnows(context, "ids");
        var ids = Requests.uuids(context, "ids", MAX_IDS);
        Requests.answer(context, jobs.get().find(Requests.workspace(context), ids), found -> {
            var missing = new ArrayList<>(ids);
            found.forEach(job -> missing.remove(job.id()));
            Json.answer(
                    context, 200, new JobList(found.stream().map(JobView::of).toList(), missing));
        });
    }

    private void show(RoutingContext context) {
        Requests.onlyKnows(context);
        var id = Requests.uuid("id", context.pathParam("id"));
        Requests.answer(context, jobs.get().find(Requests.workspace(context), List.of(id)), found -> {
            if (found.isEmpty()) {
                throw new NotFound("job", id.toString());
            }
            Json.answer(context, 200, JobView.of(found.getFirst()));
        });
    }
}
