package io.millrace.web;

import io.millrace.MillraceException.InvalidParameter;
import io.millrace.MillraceException.NotFound;
import io.millrace.pg.Database;
import io.millrace.pg.DatabaseFailure;
import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.Log;
import io.millrace.stream.Topic;
import io.millrace.stream.TopicReader;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** {@code /v1/topics}: the topics of the log, their records, and live tails of them. */
final class TopicsApi {

    private static final int RECORDS = 100;
    private static final int MAX_RECORDS = 1_000;
    private static final int MAX_TAILED = 1_000_000_000;
    private static final int MAX_PARTITION = 1_023;

    /** Partitions whose offset at a time is looked for: a query for each of a thousand is more than the pool lets wait. */
    private static final int ASKED_AT_ONCE = 4;

    private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(15);

    private final Vertx vertx;
    private final Supplier<Database> database;
    private final Supplier<Log> log;
    private final DoorMemory memory;
    private final Tails tails;
    private final Duration signOfLife;

    /** @param idleTimeout after which a connection that is silent is closed */
    TopicsApi(
            Vertx vertx,
            Supplier<Database> database,
            Supplier<Log> log,
            DoorMemory memory,
            int maxTails,
            Duration idleTimeout) {
        this.vertx = vertx;
        this.database = database;
        this.log = log;
        this.memory = memory;
        this.tails = new Tails(maxTails);
        this.signOfLife =
                idleTimeout.dividedBy(4).compareTo(SIGN_OF_LIFE) < 0 ? idleTimeout.dividedBy(4) : SIGN_OF_LIFE;
    }

    void mount(Router router) {
        router.get("/v1/topics").handler(this::list);
        router.get("/v1/topics/:topic").handler(this::show);
        router.get("/v1/topics/:topic/records").handler(this::records);
    }

    private record PartitionView(
            int partition,
            long beginOffset,
            long endOffset,
            long records,
            @Nullable Instant lastRecordAt) {
        static PartitionView of(TopicReader.Range range) {
            return new PartitionView(
                    range.partition(), range.beginOffset(), range.endOffset(), range.records(), range.lastRecordAt());
        }
    }

    private record TopicView(String topic, long records, List<PartitionView> partitions) {
        static TopicView of(TopicReader.TopicState state) {
            return new TopicView(
                    state.topic(),
                    state.records(),
                    state.partitions().stream().map(PartitionView::of).toList());
        }
    }

    private record TopicList(List<TopicView> topics) {}

    private void list(RoutingContext context) {
        Requests.onlyKnows(context);
        Requests.answer(
                context,
                topics().topics(),
                found -> Json.answer(
                        context,
                        200,
                        new TopicList(found.stream().map(TopicView::of).toList())));
    }

    private void show(RoutingContext context) {
        Requests.onlyKnows(context);
        Requests.answer(
                context, state(context.pathParam("topic")), found -> Json.answer(context, 200, TopicView.of(found)));
    }

    private Future<TopicReader.TopicState> state(String name) {
        return topics().topic(name).map(found -> {
            if (found.isEmpty()) {
                throw new NotFound("topic", name);
            }
            return found.getFirst();
        });
    }

    private TopicReader topics() {
        return new TopicReader(database.get());
    }

    /** Where to begin: an offset, a time, or neither. */
    private record Start(@Nullable Long offset, @Nullable Instant time) {
        static Start of(RoutingContext context) {
            var offset = Requests.number(context, "offset", 0, Long.MAX_VALUE);
            var time = Times.optional(context, "from");
            if (offset != null && time != null) {
                throw new InvalidParameter("from", "Give either an offset or a time to begin from.");
            }
            return new Start(offset, time);
        }
    }

    private void records(RoutingContext context) {
        Requests.onlyKnows(context, "partition", "offset", "from", "limit", "tail");
        if (Requests.flag(context, "tail", false)) {
            tail(context);
        } else {
            page(context);
        }
    }

    private record RecordPage(
            String topic, int partition, long beginOffset, long endOffset, long nextOffset, List<RecordView> records) {}

    private void page(RoutingContext context) {
        var start = Start.of(context);
        var wanted = Requests.number(context, "partition", 0, MAX_PARTITION);
        var limit = Requests.limit(context, RECORDS, MAX_RECORDS);
        var page = state(context.pathParam("topic")).compose(state -> {
            var range = only(state, wanted);
            return topic(state)
                    .compose(topic -> offset(topic, range, start, TopicReader.Range::beginOffset)
                            .compose(offset -> page(topic, range, offset, limit)));
        });
        Json.answer(context, page);
    }

    private Future<DoorMemory.Answer<Buffer>> page(Topic topic, TopicReader.Range range, long offset, int limit) {
        return fetch(topic, range, offset, fetched -> {
            var records = fetched.stream().limit(limit).toList();
            var next = records.isEmpty() ? offset : records.getLast().offset() + 1;
            // Records may have come since the end was read; an offset that was asked for says nothing of it.
            var end = records.isEmpty() ? range.endOffset() : Math.max(range.endOffset(), next);
            return Rendering.run(
                    vertx,
                    RecordView.bytes(records),
                    () -> Json.bytes(new RecordPage(
                            topic.name(),
                            range.partition(),
                            range.beginOffset(),
                            end,
                            next,
                            records.stream().map(RecordView::of).toList())));
        });
    }

    private Future<DoorMemory.Answer<Buffer>> fetch(
            Topic topic, TopicReader.Range range, long offset, Function<List<ConsumerRecord>, Future<Buffer>> making) {
        return memory.answering(log.get(), topic, range.partition(), offset, Log.BATCH_BYTES, making)
                .recover(thrown -> Future.failedFuture(
                        thrown instanceof DatabaseFailure failure
                                        && failure.kind() == DatabaseFailure.Kind.OFFSET_OUT_OF_RANGE
                                ? new InvalidParameter(
                                        "offset",
                                        "What was there is gone: the partition begins at offset " + range.beginOffset()
                                                + ".")
                                : thrown));
    }

    /** One partition: the one that was asked for, or the only one that there is. */
    private static TopicReader.Range only(TopicReader.TopicState state, @Nullable Long wanted) {
        var ranges = some(state, wanted);
        if (ranges.size() > 1) {
            throw new InvalidParameter(
                    "partition", "Topic " + state.topic() + " has " + ranges.size() + " partitions: say which.");
        }
        return ranges.getFirst();
    }

    private static List<TopicReader.Range> some(TopicReader.TopicState state, @Nullable Long wanted) {
        if (wanted == null) {
            return state.partitions();
        }
        if (wanted >= state.partitions().size()) {
            throw new NotFound("partition", state.topic() + "/" + wanted);
        }
        return List.of(state.partitions().get((int) (long) wanted));
    }

    private Future<Topic> topic(TopicReader.TopicState state) {
        return log.get().topic(state.topic()).map(topic -> {
            if (topic == null) {
                throw new NotFound("topic", state.topic());
            }
            return topic;
        });
    }

    private Future<Long> offset(
            Topic topic, TopicReader.Range range, Start start, ToLongFunction<TopicReader.Range> preset) {
        if (start.offset() != null) {
            return Future.succeededFuture(start.offset());
        }
        return start.time() == null
                ? Future.succeededFuture(preset.applyAsLong(range))
                : log.get().offsetAt(topic, range.partition(), start.time());
    }

    private void tail(RoutingContext context) {
        var start = Start.of(context);
        var wanted = Requests.number(context, "partition", 0, MAX_PARTITION);
        var limit = Requests.limit(context, MAX_TAILED, MAX_TAILED);
        var format = accepted(context);
        var seen = seen(context, format);
        var ready = state(context.pathParam("topic")).compose(state -> {
            var ranges = start.offset() == null ? some(state, wanted) : List.of(only(state, wanted));
            return topic(state)
                    .compose(topic ->
                            positions(topic, ranges, start, seen).map(positions -> new Tailed(topic, positions)));
        });
        Requests.answer(context, ready, tailed -> open(context, tailed, limit, format));
    }

    private record Tailed(Topic topic, NavigableMap<Integer, Long> positions) {}

    /** Opened here and not before, since only now is it sure that there will be an answer that ends. */
    private void open(RoutingContext context, Tailed tailed, long limit, RecordTail.Format format) {
        if (context.response().closed()) {
            return;
        }
        tails.open();
        InFlight.forget(context);
        new RecordTail(
                        vertx,
                        log.get(),
                        topics(),
                        memory,
                        tailed.topic(),
                        tailed.positions(),
                        limit,
                        format,
                        signOfLife,
                        context.response(),
                        tails::close)
                .start();
    }

    private static RecordTail.Format accepted(RoutingContext context) {
        var accept = context.request().getHeader(HttpHeaders.ACCEPT);
        return accept != null && accept.contains("text/event-stream")
                ? RecordTail.Format.EVENT_STREAM
                : RecordTail.Format.NDJSON;
    }

    /** An event source that lost its connection says what it saw last. */
    private static Map<Integer, Long> seen(RoutingContext context, RecordTail.Format format) {
        var last = context.request().getHeader("Last-Event-ID");
        if (last == null || last.isEmpty() || format != RecordTail.Format.EVENT_STREAM) {
            return Map.of();
        }
        try {
            return RecordTail.places(last);
        } catch (IllegalArgumentException e) {
            throw new InvalidParameter("Last-Event-ID", "It is the id of the last event, as it came.");
        }
    }

    private Future<NavigableMap<Integer, Long>> positions(
            Topic topic, List<TopicReader.Range> ranges, Start start, Map<Integer, Long> seen) {
        Future<NavigableMap<Integer, Long>> all = Future.succeededFuture(new TreeMap<>());
        for (var from = 0; from < ranges.size(); from += ASKED_AT_ONCE) {
            var few = ranges.subList(from, Math.min(from + ASKED_AT_ONCE, ranges.size()));
            all = all.compose(positions -> add(positions, topic, few, start, seen));
        }
        return all;
    }

    private Future<NavigableMap<Integer, Long>> add(
            NavigableMap<Integer, Long> positions,
            Topic topic,
            List<TopicReader.Range> ranges,
            Start start,
            Map<Integer, Long> seen) {
        var offsets = new ArrayList<Future<Long>>();
        for (var range : ranges) {
            var from = seen.containsKey(range.partition()) ? new Start(seen.get(range.partition()), null) : start;
            offsets.add(offset(topic, range, from, TopicReader.Range::endOffset));
        }
        return Future.all(offsets).map(all -> {
            for (var i = 0; i < ranges.size(); i++) {
                var range = ranges.get(i);
                var offset = offsets.get(i).result();
                if (offset < range.beginOffset()) {
                    throw new InvalidParameter(
                            "offset",
                            "What was there is gone: the partition begins at offset " + range.beginOffset() + ".");
                }
                positions.put(range.partition(), offset);
            }
            return positions;
        });
    }
}
