package io.millrace.web;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.millrace.MillraceException.NotFound;
import io.millrace.ingest.DocumentIds;
import io.millrace.jobs.Job;
import io.millrace.jobs.JobReader;
import io.millrace.jobs.JobStore;
import io.millrace.jobs.ResultReader;
import io.millrace.pg.Database;
import io.vertx.core.Future;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code /v1/jobs}: what became of posted documents. */
final class JobsApi {

    private static final int MAX_IDS = 200;
    private static final int PAGE = 50;
    private static final int MAX_PAGE = 500;
    private static final int MAX_PAGE_BYTES = 1 << 20;
    private static final int READ_AT_ONCE = 64;
    private static final int MAX_RESULTS_PAGE = 100;
    private static final String JOBS_CURSOR = "jobs";
    private static final String VERSION_CURSOR = "version-results";
    private static final String JOB_CURSOR = "job-results";

    /** The longest metadata, the longest source_uri, and the rest. */
    private static final int MAX_JOB_BYTES = (64 + 8 + 2) << 10;

    private final Supplier<Database> database;
    private final DoorMemory memory;

    /** @param database a supplier, since the door is open before the database is there */
    JobsApi(Supplier<Database> database, DoorMemory memory) {
        this.database = database;
        this.memory = memory;
    }

    void mount(Router router) {
        router.get("/v1/jobs").handler(this::list);
        router.get("/v1/jobs/:id").handler(this::show);
        router.get("/v1/jobs/:id/results").handler(this::results);
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

    private void list(RoutingContext context) {
        if (Requests.text(context, "ids") == null) {
            page(context);
        } else {
            named(context);
        }
    }

    private record NamedJobs(List<JobView> jobs, List<UUID> missing) {}

    private void named(RoutingContext context) {
        Requests.onlyKnows(context, "ids");
        var ids = Requests.uuids(context, "ids", MAX_IDS);
        var workspace = Requests.workspace(context);
        Json.answer(
                context,
                memory.answering(
                        // A hundred, which is what people ask for, do not have to wait, also a few times at once.
                        ids.size() <= MAX_IDS / 2 ? 0 : (long) ids.size() * MAX_JOB_BYTES,
                        () -> jobs().find(workspace, ids).map(found -> {
                            var missing = new ArrayList<>(ids);
                            found.forEach(job -> missing.remove(job.id()));
                            return new NamedJobs(found.stream().map(JobView::of).toList(), missing);
                        }),
                        named -> bytes(named.jobs())));
    }

    private record JobPage(List<JobView> jobs, @Nullable String nextCursor) {}

    private void page(RoutingContext context) {
        Requests.onlyKnows(context, "status", "job_type", "source_uri", "from", "to", "limit", "cursor");
        var workspace = Requests.workspace(context);
        var sourceUri = Requests.text(context, "source_uri");
        var range = Times.Range.of(context);
        var filter = new JobReader.Filter(
                workspace,
                Requests.oneOf(context, "status", Job.STATUSES),
                Requests.text(context, "job_type"),
                sourceUri == null ? null : DocumentIds.document(workspace, sourceUri),
                range.from(),
                range.to());
        var limit = Requests.limit(context, PAGE, MAX_PAGE);
        var cursor = Cursor.read(context, JOBS_CURSOR, read -> new JobReader.Position(read.instant(1), read.uuid(2)));
        var before = cursor == null ? JobReader.Position.newest(range.to()) : cursor;
        Json.answer(
                context,
                memory.answering(
                        0,
                        () -> read(filter, before, limit + 1, new ArrayList<>()).map(jobs -> page(jobs, limit)),
                        page -> bytes(page.jobs())));
    }

    /** A few at a time, since each can be large: until there are so many, or there is no more, or they are a page by their bytes. */
    private Future<List<Job>> read(JobReader.Filter filter, JobReader.Position before, int wanted, List<Job> read) {
        var asked = Math.min(wanted - read.size(), READ_AT_ONCE);
        return new JobReader(database.get()).list(filter, before, asked).compose(jobs -> {
            read.addAll(jobs);
            if (jobs.size() < asked || read.size() == wanted || fitting(read) < read.size()) {
                return Future.succeededFuture(read);
            }
            var last = jobs.getLast();
            return read(filter, new JobReader.Position(last.createdAt(), last.id()), wanted, read);
        });
    }

    private static JobPage page(List<Job> jobs, int limit) {
        var shown = Math.min(limit, fitting(jobs));
        return new JobPage(
                jobs.stream().limit(shown).map(JobView::of).toList(),
                Cursor.next(jobs, shown, last -> Cursor.of(JOBS_CURSOR, last.createdAt(), last.id())));
    }

    /** How many of these a page has: up to the one with which it is long enough. */
    private static int fitting(List<Job> jobs) {
        var bytes = 0L;
        var count = 0;
        while (count < jobs.size() && bytes < MAX_PAGE_BYTES) {
            var job = jobs.get(count++);
            bytes += bytes(job.sourceUri(), job.metadata());
        }
        return count;
    }

    private static long bytes(List<JobView> jobs) {
        return jobs.stream()
                .mapToLong(job -> bytes(job.sourceUri(), job.metadata()))
                .sum();
    }

    private static long bytes(String sourceUri, @Nullable String metadata) {
        return 500L + sourceUri.length() + (metadata == null ? 0 : metadata.length());
    }

    private void show(RoutingContext context) {
        Requests.onlyKnows(context);
        var id = Requests.uuid("id", context.pathParam("id"));
        Requests.answer(context, jobs().find(Requests.workspace(context), List.of(id)), found -> {
            if (found.isEmpty()) {
                throw new NotFound("job", id.toString());
            }
            Cached.answer(context, JobView.of(found.getFirst()));
        });
    }

    /**
     * Results of a job.
     *
     * @param scope {@code version}: all chunks of the document's current version, in the order of the text; {@code job}:
     *     there is a newer version, and these are the chunks that this job brought
     */
    private record ResultPage(
            UUID jobId,
            UUID documentId,
            String sourceUri,
            String scope,
            List<ResultReader.ChunkResult> results,
            @Nullable String nextCursor) {}

    private void results(RoutingContext context) {
        Requests.onlyKnows(context, "limit", "cursor");
        var id = Requests.uuid("id", context.pathParam("id"));
        var limit = Requests.limit(context, PAGE, MAX_RESULTS_PAGE);
        var workspace = Requests.workspace(context);
        Json.answer(
                context,
                memory.answering(
                        0,
                        () -> results(context, workspace, id, limit),
                        page -> page.results().stream()
                                .mapToLong(chunk -> 300L + chunk.content().length())
                                .sum()));
    }

    private Future<ResultPage> results(RoutingContext context, String workspace, UUID id, int limit) {
        var reader = new ResultReader(database.get());
        return reader.find(workspace, id).compose(subject -> {
            if (subject == null) {
                throw new NotFound("job", id.toString());
            }
            return subject.current()
                    ? ofVersion(context, reader, subject, limit)
                    : ofJob(context, reader, subject, limit);
        });
    }

    private static Future<ResultPage> ofVersion(
            RoutingContext context, ResultReader reader, ResultReader.Subject subject, int limit) {
        var behind = Cursor.read(context, VERSION_CURSOR, cursor -> cursor.number(1));
        return reader.ofVersion(subject, behind == null ? 0 : behind, limit + 1)
                .map(chunks -> page(
                        subject,
                        "version",
                        chunks,
                        limit,
                        last -> Cursor.of(VERSION_CURSOR, requireNonNull(last.position()))));
    }

    private static Future<ResultPage> ofJob(
            RoutingContext context, ResultReader reader, ResultReader.Subject subject, int limit) {
        var behind = Cursor.read(context, JOB_CURSOR, cursor -> cursor.uuid(1));
        return reader.ofJob(subject, behind == null ? new UUID(0, 0) : behind, limit + 1)
                .map(chunks -> page(subject, "job", chunks, limit, last -> Cursor.of(JOB_CURSOR, last.chunkId())));
    }

    private static ResultPage page(
            ResultReader.Subject subject,
            String scope,
            List<ResultReader.ChunkResult> chunks,
            int limit,
            Function<ResultReader.ChunkResult, String> cursor) {
        return new ResultPage(
                subject.jobId(),
                subject.documentId(),
                subject.sourceUri(),
                scope,
                chunks.stream().limit(limit).toList(),
                Cursor.next(chunks, limit, cursor));
    }

    private JobStore jobs() {
        return new JobStore(database.get());
    }
}
