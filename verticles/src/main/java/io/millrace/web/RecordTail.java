package io.millrace.web;

import io.millrace.MillraceException.Overloaded;
import io.millrace.pg.DatabaseFailure;
import io.millrace.stream.Appended;
import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.Log;
import io.millrace.stream.Topic;
import io.millrace.stream.TopicReader;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A live tail: writes the records of a topic as they come, until the client goes or its limit is reached.
 *
 * <p>One step is under way at a time (a fetch, then a write), and none begins while the client has not read what was
 * written: a slow reader costs a page of memory and is behind, nothing else. Everything runs on the event loop of the
 * connection, so no field needs a lock. What happens in this pod is told by {@link Appended}; a look at the ends, once a
 * second, finds what was not.
 */
final class RecordTail {

    /** How a tail is written. */
    enum Format {
        /** A line a record; an empty line is a sign of life. */
        NDJSON("application/x-ndjson"),
        /** An event a record; a comment is a sign of life. */
        EVENT_STREAM("text/event-stream");

        private final String mediaType;

        Format(String mediaType) {
            this.mediaType = mediaType;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(RecordTail.class);
    private static final int FETCH_BYTES = 256 << 10;

    /** Failures that another try may not meet. */
    private static final Set<DatabaseFailure.Kind> PASSING =
            EnumSet.of(DatabaseFailure.Kind.UNAVAILABLE, DatabaseFailure.Kind.UNKNOWN);

    private static final Duration POLL = Duration.ofSeconds(1);

    private final Vertx vertx;
    private final Log log;
    private final TopicReader topics;
    private final DoorMemory memory;
    private final Topic topic;
    private final Format format;
    private final Duration signOfLife;
    private final HttpServerResponse response;
    private final Runnable onEnd;

    /** The next offset of each partition. */
    private final NavigableMap<Integer, Long> positions;

    /** Partitions that may have something behind their position. */
    private final TreeSet<Integer> pending = new TreeSet<>();

    private long remaining;
    private int last = -1;
    private boolean stepping;
    private boolean ended;
    private long wroteNanos = System.nanoTime();
    private long pollTimer;
    private @Nullable MessageConsumer<Appended> appended;

    /**
     * @param positions where to begin in each partition that is followed
     * @param limit records after which the tail ends
     * @param signOfLife how long nothing may be written; shorter than what a silent connection is closed after
     * @param onEnd called once, however it ends
     */
    RecordTail(
            Vertx vertx,
            Log log,
            TopicReader topics,
            DoorMemory memory,
            Topic topic,
            NavigableMap<Integer, Long> positions,
            long limit,
            Format format,
            Duration signOfLife,
            HttpServerResponse response,
            Runnable onEnd) {
        this.vertx = vertx;
        this.log = log;
        this.topics = topics;
        this.memory = memory;
        this.topic = topic;
        this.positions = new TreeMap<>(positions);
        this.remaining = limit;
        this.format = format;
        this.signOfLife = signOfLife;
        this.response = response;
        this.onEnd = onEnd;
    }

    void start() {
        try {
            begin();
        } catch (RuntimeException e) {
            // Nobody else would: the client may have nothing yet that could end.
            end();
            throw e;
        }
    }

    private void begin() {
        response.setChunked(true)
                .putHeader(HttpHeaders.CONTENT_TYPE, format.mediaType)
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                // Compressed, a record would wait in the encoder of whatever stands between.
                .putHeader(HttpHeaders.CONTENT_ENCODING, HttpHeaders.IDENTITY)
                .closeHandler(closed -> end())
                .exceptionHandler(broken -> end());
        writeHead();
        pending.addAll(positions.keySet());
        appended = vertx.eventBus().localConsumer(Appended.address(topic.name()), this::onAppended);
        pollTimer = vertx.setPeriodic(POLL.toMillis(), fired -> poll());
        step();
    }

    /** At once, since the first record may take long; an answer to HTTP/1.0 has no length, and cannot have chunks. */
    private void writeHead() {
        if (response.isChunked()) {
            response.writeHead();
        } else {
            response.write(Buffer.buffer());
        }
    }

    private void onAppended(Message<Appended> message) {
        if (positions.containsKey(message.body().partition())) {
            pending.add(message.body().partition());
            step();
        }
    }

    private void poll() {
        if (ended || stepping) {
            return;
        }
        if (System.nanoTime() - wroteNanos > signOfLife.toNanos()) {
            write(Buffer.buffer(format == Format.NDJSON ? "\n" : ":\n\n"));
        }
        topics.topic(topic.name())
                .onSuccess(found -> found.forEach(this::noticeEnds))
                .onFailure(failure -> LOG.debug("a tail of {} waits: {}", topic.name(), failure.getMessage()));
    }

    private void noticeEnds(TopicReader.TopicState state) {
        for (var range : state.partitions()) {
            var position = positions.get(range.partition());
            if (position != null && position < range.endOffset()) {
                pending.add(range.partition());
            }
        }
        step();
    }

    private void step() {
        if (stepping || ended) {
            return;
        }
        if (response.writeQueueFull()) {
            response.drainHandler(drained -> step());
            return;
        }
        // The next one after the last, so that a busy partition does not keep the others waiting.
        var partition = pending.higher(last) == null ? pending.pollFirst() : pending.higher(last);
        if (partition == null) {
            return;
        }
        stepping = true;
        last = partition;
        pending.remove(partition);
        var position = positions.get(partition);
        memory.answering(log, topic, partition, position == null ? 0 : position, FETCH_BYTES, this::render)
                .onSuccess(step -> deliver(partition, step.value(), step.taken()))
                .onComplete(done -> {
                    stepping = false;
                    if (done.failed()) {
                        failed(done.cause());
                    } else {
                        step();
                    }
                });
    }

    private record Step(List<ConsumerRecord> records, Buffer body) {}

    private Future<Step> render(List<ConsumerRecord> fetched) {
        var records = withinLimit(fetched);
        return Rendering.run(vertx, RecordView.bytes(records), () -> new Step(records, rendered(records)));
    }

    private List<ConsumerRecord> withinLimit(List<ConsumerRecord> records) {
        return records.size() > remaining ? records.subList(0, (int) remaining) : records;
    }

    private Buffer rendered(List<ConsumerRecord> records) {
        var body = Buffer.buffer();
        for (var record : records) {
            var json = Json.bytes(RecordView.of(record));
            switch (format) {
                case NDJSON -> body.appendBuffer(json).appendString("\n");
                case EVENT_STREAM ->
                    body.appendString("id: " + place(record) + "\ndata: ")
                            .appendBuffer(json)
                            .appendString("\n\n");
            }
        }
        return body;
    }

    /** Where a tail goes on that has seen this record: {@code partition:offset}, with commas between. */
    private String place(ConsumerRecord record) {
        var places = new TreeMap<>(positions);
        places.put(record.partition(), record.offset() + 1);
        return places.entrySet().stream()
                .map(place -> place.getKey() + ":" + place.getValue())
                .collect(Collectors.joining(","));
    }

    /** The offsets in what {@link #place} made. */
    static Map<Integer, Long> places(String text) {
        var places = new HashMap<Integer, Long>();
        for (var place : text.split(",", -1)) {
            var parts = place.split(":", -1);
            if (parts.length != 2) {
                throw new IllegalArgumentException("no place: " + place);
            }
            places.put(Integer.valueOf(parts[0]), Long.valueOf(parts[1]));
        }
        return places;
    }

    private void deliver(int partition, Step step, Runnable taken) {
        var records = step.records;
        if (ended || records.isEmpty()) {
            taken.run();
            return;
        }
        write(step.body).onComplete(written -> taken.run());
        positions.put(partition, records.getLast().offset() + 1);
        pending.add(partition);
        remaining -= records.size();
        if (remaining == 0) {
            response.end();
            end();
        }
    }

    private Future<Void> write(Buffer body) {
        wroteNanos = System.nanoTime();
        return response.write(body).onFailure(broken -> end());
    }

    /** The database may come back, and the next look at the ends goes on; records that are gone do not. */
    private void failed(Throwable thrown) {
        if (thrown instanceof Overloaded
                || (thrown instanceof DatabaseFailure failure && PASSING.contains(failure.kind()))) {
            LOG.debug("a tail of {} waits: {}", topic.name(), thrown.getMessage());
            return;
        }
        LOG.warn("a tail of {} breaks off: {}", topic.name(), thrown.toString());
        // Broken off rather than ended, so that nobody takes it for whole.
        response.reset();
        end();
    }

    private void end() {
        if (ended) {
            return;
        }
        ended = true;
        vertx.cancelTimer(pollTimer);
        if (appended != null) {
            appended.unregister();
        }
        onEnd.run();
    }
}
