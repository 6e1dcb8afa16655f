package io.millrace.web;

import io.millrace.ingest.Submission;
import io.millrace.jobs.Job;
import io.millrace.jobs.JobStore;
import io.millrace.stream.GroupCommit;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is answered to documents that were accepted: their jobs, at once (202), or with {@code Prefer: wait=N} when they have
 * ended (200), or as they stand when the time is up (202).
 */
final class DocumentAnswers {

    private static final int REQUESTS_A_LOOK = 500;

    private final Supplier<JobStore> jobs;
    private final JobWaiters waiters;
    private final Duration longestWait;
    /** One look for all whose wait was over while another look was under way: a sweep ends dozens of jobs at once. */
    private final GroupCommit<List<UUID>, Map<UUID, Job>> looks =
            new GroupCommit<>(REQUESTS_A_LOOK, Long.MAX_VALUE, this::look, Runnable::run);

    DocumentAnswers(Vertx vertx, Supplier<JobStore> jobs, Duration longestWait) {
        this.jobs = jobs;
        this.waiters = new JobWaiters(vertx, jobs);
        this.longestWait = longestWait;
        waiters.start();
    }

    private record JobReference(UUID id, String sourceUri, String status) {}

    private record JobReferences(List<JobReference> jobs) {}

    private record JobState(
            UUID id,
            String sourceUri,
            String status,
            @Nullable Integer chunksTotal,
            int chunksProcessed,
            @Nullable String errorMessage) {

        static JobState of(Job job) {
            return new JobState(
                    job.id(),
                    job.sourceUri(),
                    job.status(),
                    job.chunksTotal(),
                    job.chunksProcessed(),
                    job.errorMessage());
        }
    }

    private record JobStates(List<JobState> jobs) {}

    void accepted(RoutingContext context, List<Submission> submissions, boolean array, Admission.Outcome outcome) {
        var response = context.response();
        if (!array) {
            response.putHeader(
                    HttpHeaders.LOCATION, "/v1/jobs/" + submissions.getFirst().jobId());
        }
        var replayed = outcome == Admission.Outcome.REPLAYED;
        if (replayed) {
            response.putHeader("Idempotency-Replayed", "true");
        }
        // The documents themselves are not needed any more, and are not held while their sender waits.
        var references = submissions.stream()
                .map(submission -> new JobReference(
                        submission.jobId(), submission.document().sourceUri(), "queued"))
                .toList();
        var wait = Preferences.wait(context.request().headers(), longestWait).orElse(Duration.ZERO);
        if (wait.isZero() || !waiters.hasRoomFor(submissions.size())) {
            answer(context, references);
            return;
        }
        response.putHeader("Preference-Applied", "wait=" + wait.toSeconds());
        var ids = references.stream().map(JobReference::id).toList();
        var waiter = waiters.await(ids, wait, replayed);
        // Not the response's own handler, of which there is one: others wait for the end as well.
        context.addEndHandler(gone -> waiter.end());
        InFlight.onStop(context, waiter::end);
        waiter.over().onSuccess(over -> answerStates(context, references, ids));
    }

    private static void answer(RoutingContext context, List<JobReference> references) {
        Json.answer(context, 202, new JobReferences(references));
    }

    private Future<List<Map<UUID, Job>>> look(List<List<UUID>> asked) {
        var ids = asked.stream().flatMap(List::stream).toList();
        return jobs.get().findInAll(ids).map(found -> Collections.nCopies(asked.size(), found));
    }

    /** They have been accepted, so that no failure to read them may say anything else. */
    private void answerStates(RoutingContext context, List<JobReference> references, List<UUID> ids) {
        if (context.response().closed()) {
            return;
        }
        looks.add(ids, 0).onComplete(done -> {
            if (done.failed()) {
                answer(context, references);
                return;
            }
            var found = done.result();
            var inOrder = ids.stream().map(found::get).filter(Objects::nonNull).toList();
            var status = inOrder.stream().allMatch(JobWaiters::hasEnded) ? 200 : 202;
            Json.answer(
                    context,
                    status,
                    new JobStates(inOrder.stream().map(JobState::of).toList()));
        });
    }
}
