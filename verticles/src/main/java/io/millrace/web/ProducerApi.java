package io.millrace.web;

import io.millrace.MillraceException.Conflict;
import io.millrace.MillraceException.InvalidParameter;
import io.millrace.MillraceException.NotFound;
import io.millrace.MillraceException.OutcomeUnknown;
import io.millrace.chunk.ChunkVerticle;
import io.millrace.extract.ExtractVerticle;
import io.millrace.graph.GraphProcessor;
import io.millrace.ingest.IngestVerticle;
import io.millrace.pg.Database;
import io.millrace.pg.DatabaseFailure;
import io.millrace.stream.Log;
import io.millrace.stream.Topic;
import io.millrace.stream.TopicReader;
import io.vertx.core.Future;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * {@code POST /v1/topics} and {@code POST /v1/topics/{topic}/records}: topics of one's own, and records for them. Those
 * that the stages write are not written here: what stands in them has been checked, and is counted on.
 */
final class ProducerApi {

    static final int PARTITIONS_MAX = 1_024;

    private static final int TOPICS_MAX = 1_000;

    /** As the log has it, with room for the name of the dead-letter topic, and without what a path takes for a way. */
    private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._-]{1,187}");

    private static final String DEAD_LETTERS = Topic.deadLetters("");

    private static final Set<String> OWN =
            Set.of(IngestVerticle.TOPIC, ChunkVerticle.TOPIC, ExtractVerticle.TOPIC, GraphProcessor.CHANGES, "events");

    private final Supplier<Database> database;
    private final Supplier<Log> log;
    private final JsonBody bodies;
    private final int recordsMax;

    /** @param recordsMax in one request */
    ProducerApi(Supplier<Database> database, Supplier<Log> log, JsonBody bodies, int recordsMax) {
        this.database = database;
        this.log = log;
        this.bodies = bodies;
        this.recordsMax = recordsMax;
    }

    void mount(Router router) {
        router.post("/v1/topics").handler(this::create);
        router.post("/v1/topics/:topic/records").handler(this::produce);
    }

    private record TopicView(String topic, int partitions, boolean created) {}

    private void create(RoutingContext context) {
        Requests.onlyKnows(context);
        bodies.read(context, RecordReader.topic(), wanted -> {
            var name = wanted.topic();
            if (!NAME.matcher(name).matches() || name.endsWith(DEAD_LETTERS)) {
                throw new InvalidParameter(
                        "topic",
                        "A topic's name has 1 to 187 letters, digits, dots, dashes and underscores, and does not end in "
                                + DEAD_LETTERS + ".");
            }
            Requests.answerToWrite(context, created(name, wanted.partitions()), view -> {
                if (view.partitions() != wanted.partitions()) {
                    throw new Conflict(
                            "Topic %s is there already, with %d partitions; that number is fixed."
                                    .formatted(name, view.partitions()),
                            Map.of("topic", name, "partitions", view.partitions()));
                }
                Json.answer(context, view.created() ? 201 : 200, view);
            });
        });
    }

    private Future<TopicView> created(String name, int partitions) {
        return log.get()
                .topic(name)
                .compose(known -> known == null
                        ? roomForMore().compose(room -> make(name, partitions))
                        : Future.succeededFuture(new TopicView(name, known.partitions(), false)));
    }

    private Future<TopicView> make(String name, int partitions) {
        return log.get()
                .createTopic(name, partitions)
                .compose(topic -> log.get()
                        .createTopic(Topic.deadLetters(name), topic.partitions())
                        .map(letters -> new TopicView(name, topic.partitions(), true)));
    }

    /** Each topic is tables, and a few more each day. */
    private Future<Void> roomForMore() {
        return new TopicReader(database.get()).topics().map(topics -> {
            if (topics.size() >= TOPICS_MAX) {
                throw new Conflict(
                        "There are %d topics, and dead-letter topics, already: as many as there may be."
                                .formatted(topics.size()),
                        Map.of("topics", topics.size()));
            }
            return null;
        });
    }

    private record Produced(String topic, List<RecordBatch.Position> records) {}

    private void produce(RoutingContext context) {
        Requests.onlyKnows(context);
        var name = String.valueOf(context.pathParam("topic"));
        if (OWN.contains(name) || name.endsWith(DEAD_LETTERS)) {
            throw new Conflict(
                    "Topic %s is written by Millrace itself. Documents go to POST /v1/documents; records of your own, to a topic of your own."
                            .formatted(name),
                    Map.of("topic", name));
        }
        bodies.read(context, RecordReader.records(recordsMax), records -> {
            var appended = log.get().topic(name).compose(topic -> {
                if (topic == null) {
                    throw new NotFound("topic", name);
                }
                return RecordBatch.of(topic, records)
                        .append(database.get(), log.get())
                        .recover(thrown -> Future.failedFuture(outcome(thrown)));
            });
            Requests.answer(context, appended, positions -> Json.answer(context, 201, new Produced(name, positions)));
        });
    }

    private static Throwable outcome(Throwable thrown) {
        return thrown instanceof DatabaseFailure failure && failure.kind() == DatabaseFailure.Kind.UNKNOWN
                ? new OutcomeUnknown(
                        "The database did not say whether it stored the records, all of them or none. Look at the end of the topic"
                                + " before you send them again: the log does not recognise them.",
                        failure)
                : thrown;
    }
}
