package io.millrace.web;

import io.millrace.MillraceException.InvalidParameter;
import io.millrace.MillraceException.NotFound;
import io.millrace.ingest.ContentType;
import io.millrace.ingest.DocumentIds;
import io.millrace.ingest.DocumentRecord;
import io.millrace.ingest.IngestVerticle;
import io.millrace.jobs.VersionReader;
import io.millrace.jobs.VersionReader.CurrentVersion;
import io.millrace.jobs.VersionReader.Version;
import io.millrace.jobs.VersionReader.WaitingJob;
import io.millrace.pg.Database;
import io.millrace.pg.DatabaseFailure;
import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.Log;
import io.millrace.stream.Partitioner;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/documents}: one document, with its versions and its content as it came.
 *
 * <p>The content is in the log for as long as the log holds the record; from then on it is put together from the chunks of
 * the current version, which is the same text again unless it came as HTML, of which only the text is kept.
 */
final class DocumentVersionsApi {

    private static final int VERSIONS = 20;
    private static final int MAX_VERSIONS = 200;
    private static final int WAITING_AMONG = 20;
    private static final String CURSOR = "versions";
    private static final int CHUNK_BYTES = 8 << 10;

    private final Vertx vertx;
    private final Supplier<Database> database;
    private final Supplier<Log> log;
    private final DoorMemory memory;

    DocumentVersionsApi(Vertx vertx, Supplier<Database> database, Supplier<Log> log, DoorMemory memory) {
        this.vertx = vertx;
        this.database = database;
        this.log = log;
        this.memory = memory;
    }

    void mount(Router router) {
        router.get("/v1/documents").handler(this::show);
    }

    /** What was asked for. */
    private record Query(
            String workspace,
            String sourceUri,
            UUID documentId,
            @Nullable Long version,
            boolean content,
            int limit,
            long newest) {

        static Query of(RoutingContext context) {
            Requests.onlyKnows(context, "source_uri", "version", "content", "limit", "cursor");
            var workspace = Requests.workspace(context);
            var sourceUri = Requests.text(context, "source_uri");
            if (sourceUri == null) {
                throw new InvalidParameter("source_uri", "Give the document's source_uri, percent-encoded.");
            }
            var behind = Cursor.read(context, CURSOR, cursor -> cursor.number(1));
            return new Query(
                    workspace,
                    sourceUri,
                    DocumentIds.document(workspace, sourceUri),
                    Requests.number(context, "version", 0, Long.MAX_VALUE),
                    Requests.flag(context, "content", true),
                    Requests.limit(context, VERSIONS, MAX_VERSIONS),
                    behind == null ? Long.MAX_VALUE : behind - 1);
        }
    }

    /**
     * A content.
     *
     * @param source {@code log} or {@code chunks}; null when neither has it any more
     * @param exact whether it is byte for byte what was posted
     */
    private record Content(@Nullable String text, @Nullable String source, boolean exact) {
        static final Content NONE = new Content(null, null, false);
    }

    private record VersionView(
            long version,
            boolean current,
            UUID jobId,
            @Nullable String status,
            @Nullable String errorMessage,
            String contentType,
            int chunks,
            @Nullable Integer chunksProcessed,
            Instant createdAt,
            @Nullable Instant completedAt) {

        static VersionView of(Version version, @Nullable CurrentVersion current) {
            return new VersionView(
                    version.version(),
                    current != null && current.version() == version.version(),
                    version.jobId(),
                    version.status(),
                    version.errorMessage(),
                    version.contentType(),
                    version.chunks(),
                    version.chunksProcessed(),
                    version.createdAt(),
                    version.completedAt());
        }
    }

    private record DocumentView(
            UUID documentId,
            String workspace,
            String sourceUri,
            @Nullable Long version,
            @Nullable String contentType,
            @Nullable String title,
            @Nullable Instant createdAt,
            @Nullable Instant updatedAt,
            @Nullable Long contentVersion,
            @Nullable String contentSource,
            boolean contentExact,
            @Nullable String content,
            List<WaitingJob> waiting,
            List<VersionView> versions,
            @Nullable String nextCursor) {

        static DocumentView of(Query query, Found found, Content content) {
            var current = found.current();
            return new DocumentView(
                    query.documentId(),
                    query.workspace(),
                    query.sourceUri(),
                    current == null ? null : current.version(),
                    current == null ? null : current.contentType(),
                    current == null ? null : current.title(),
                    current == null ? null : current.createdAt(),
                    current == null ? null : current.updatedAt(),
                    content.text() == null ? null : found.wanted(query),
                    content.source(),
                    content.exact(),
                    content.text(),
                    found.waiting(),
                    found.versions().stream()
                            .limit(query.limit())
                            .map(version -> VersionView.of(version, current))
                            .toList(),
                    Cursor.next(found.versions(), query.limit(), last -> Cursor.of(CURSOR, last.version())));
        }
    }

    /** What the tables know. */
    private record Found(@Nullable CurrentVersion current, List<Version> versions, List<WaitingJob> waiting) {
        @Nullable
        Long wanted(Query query) {
            return query.version() != null ? query.version() : current == null ? null : (Long) current.version();
        }
    }

    private void show(RoutingContext context) {
        var query = Query.of(context);
        var answer = find(query)
                .compose(found -> wanted(query, found)
                        .compose(version -> memory.answering(
                                version == null ? 0 : contentBytes(version),
                                () -> content(query, version)
                                        .compose(content -> render(DocumentView.of(query, found, content))))));
        Requests.answer(context, answer, rendered -> Cached.answer(context, rendered));
    }

    private Future<Found> find(Query query) {
        var reader = new VersionReader(database.get());
        var current = reader.current(query.documentId());
        var versions = reader.versions(query.documentId(), query.newest(), query.limit() + 1);
        var waiting = reader.waiting(query.documentId(), WAITING_AMONG);
        return Future.all(current, versions, waiting).map(all -> {
            var found =
                    new Found(current.result().stream().findFirst().orElse(null), versions.result(), waiting.result());
            if (found.current() == null && found.waiting().isEmpty()) {
                throw new NotFound("document", query.sourceUri());
            }
            return found;
        });
    }

    /** The version whose content is wanted; null when none is. */
    private Future<@Nullable Version> wanted(Query query, Found found) {
        var wanted = found.wanted(query);
        if (wanted == null || (!query.content() && query.version() == null)) {
            return Future.succeededFuture(null);
        }
        return known(query, wanted).map(version -> query.content() ? version : null);
    }

    /** As it was posted, or, for what came before that was stored, as much as its chunks may be. */
    private static long contentBytes(Version version) {
        return Math.max(version.sizeBytes(), (long) version.chunks() * CHUNK_BYTES);
    }

    private Future<Content> content(Query query, @Nullable Version version) {
        return version == null
                ? Future.succeededFuture(Content.NONE)
                : fromLog(query, version)
                        .compose(content ->
                                content != null ? Future.succeededFuture(content) : fromChunks(query, version));
    }

    /** An offset that is no version of this document is another document's. */
    private Future<Version> known(Query query, long wanted) {
        return new VersionReader(database.get())
                .versions(query.documentId(), wanted, 1)
                .map(found -> {
                    if (found.isEmpty() || found.getFirst().version() != wanted) {
                        throw new NotFound("version", Long.toString(wanted));
                    }
                    return found.getFirst();
                });
    }

    private Future<@Nullable Content> fromLog(Query query, Version version) {
        var key = Buffer.buffer(DocumentIds.key(query.workspace(), query.sourceUri()));
        return log.get()
                .topic(IngestVerticle.TOPIC)
                .compose(topic -> topic == null
                        ? Future.succeededFuture(List.<ConsumerRecord>of())
                        : log.get().fetch(topic, Partitioner.ofKey(key, topic.partitions()), version.version(), 1))
                .recover(thrown -> thrown instanceof DatabaseFailure failure
                                && failure.kind() == DatabaseFailure.Kind.OFFSET_OUT_OF_RANGE
                        ? Future.succeededFuture(List.of())
                        : Future.failedFuture(thrown))
                .compose(records -> records.isEmpty() || records.getFirst().offset() != version.version()
                        ? Future.succeededFuture(null)
                        : decode(records.getFirst()));
    }

    private Future<@Nullable Content> decode(ConsumerRecord record) {
        var value = record.requiredValue();
        return Rendering.run(
                vertx,
                value.length(),
                () -> new Content(
                        DocumentRecord.decode(value.getBytes()).document().content(), "log", true));
    }

    private Future<Content> fromChunks(Query query, Version version) {
        return new VersionReader(database.get())
                .text(query.documentId(), version.version())
                .map(text -> text == null
                        ? Content.NONE
                        : new Content(text, "chunks", !version.contentType().equals(ContentType.HTML.mediaType())));
    }

    private Future<Cached.Rendered> render(DocumentView view) {
        var characters = view.content() == null ? 0 : view.content().length();
        return Rendering.run(vertx, characters, () -> Cached.render(view));
    }
}
