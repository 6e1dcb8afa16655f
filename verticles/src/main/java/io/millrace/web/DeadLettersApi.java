package io.millrace.web;

import io.millrace.MillraceException.Conflict;
import io.millrace.MillraceException.InvalidParameter;
import io.millrace.MillraceException.NotFound;
import io.millrace.pg.Database;
import io.millrace.stream.DeadLetter;
import io.millrace.stream.DeadLetterStore;
import io.millrace.stream.DeadLetterStore.LetterRange;
import io.millrace.stream.DeadLetterStore.Place;
import io.millrace.stream.Log;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code /v1/deadletters}: records that a group could not process; a look at them, another try, or an end of it. */
final class DeadLettersApi {

    private static final int PAGE = 50;
    private static final int MAX_PAGE = 500;
    private static final String CURSOR = "deadletters";
    private static final String ALL = "all";
    private static final String OPEN = "open";
    private static final List<String> STATES = List.of(OPEN, "retried", "dropped", ALL);

    /** Reads of the log for one page; where letters of the wanted state are rare, it ends early and says where. */
    private static final int MAX_FETCHES = 32;

    private final Vertx vertx;
    private final Supplier<Database> database;
    private final Supplier<Log> log;
    private final DoorMemory memory;
    private final int maxBodyBytes;

    DeadLettersApi(Vertx vertx, Supplier<Database> database, Supplier<Log> log, DoorMemory memory, int maxBodyBytes) {
        this.vertx = vertx;
        this.database = database;
        this.log = log;
        this.memory = memory;
        this.maxBodyBytes = maxBodyBytes;
    }

    void mount(Router router) {
        router.get("/v1/deadletters").handler(this::list);
        router.get("/v1/deadletters/:topic/:partition/:offset").handler(this::show);
        router.post("/v1/deadletters/:topic/:partition/:offset/retry").handler(this::retry);
        router.post("/v1/deadletters/:topic/:partition/:offset/drop").handler(this::drop);
    }

    private record LetterView(
            String topic,
            int partition,
            long offset,
            Instant timestamp,
            String state,
            @Nullable Instant decidedAt,
            @Nullable String group,
            @Nullable String reason,
            @Nullable Integer originalPartition,
            @Nullable Long originalOffset,
            @Nullable Object key,
            @Nullable String keyEncoding,
            int valueBytes) {

        static LetterView of(DeadLetter letter) {
            var key = Payload.of(letter.key());
            var value = letter.value();
            return new LetterView(
                    letter.topic(),
                    letter.partition(),
                    letter.offset(),
                    letter.timestamp(),
                    name(letter.state()),
                    letter.decidedAt(),
                    letter.group(),
                    letter.reason(),
                    letter.originalPartition(),
                    letter.originalOffset(),
                    key.value(),
                    key.encoding(),
                    value == null ? 0 : value.length());
        }
    }

    private static String name(DeadLetter.State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    private record LetterList(
            List<LetterView> deadletters, @Nullable String nextCursor) {}

    private void list(RoutingContext context) {
        Requests.onlyKnows(context, "topic", "state", "limit", "cursor");
        var topic = Requests.text(context, "topic");
        var state = Requests.oneOf(context, "state", STATES);
        var limit = Requests.limit(context, PAGE, MAX_PAGE);
        var from = Cursor.read(
                context, CURSOR, cursor -> new Place(cursor.text(1), (int) cursor.number(2), cursor.number(3)));
        var store = store();
        var page = withRoom(() -> store.ranges(topic)
                .compose(ranges -> new Scan(store, state == null ? OPEN : state, limit).from(remaining(ranges, from))));
        Requests.answer(context, page, found -> Json.answer(context, 200, found));
    }

    /** Ranges from a place on. Topics are never removed, so the place is in one of them or the cursor is another's. */
    private static List<LetterRange> remaining(List<LetterRange> ranges, @Nullable Place from) {
        if (from == null) {
            return ranges;
        }
        for (var i = 0; i < ranges.size(); i++) {
            var range = ranges.get(i);
            if (range.topic().equals(from.topic()) && range.partition() == from.partition()) {
                var remaining = new ArrayList<>(ranges.subList(i, ranges.size()));
                remaining.set(
                        0,
                        new LetterRange(
                                range.topic(),
                                range.partition(),
                                Math.max(range.beginOffset(), from.offset()),
                                range.endOffset()));
                return remaining;
            }
        }
        throw new InvalidParameter("cursor", "This cursor goes on in a topic that this list does not show.");
    }

    /** Collects a page, one read of the log after another. */
    private static final class Scan {
        private final DeadLetterStore store;
        private final String state;
        private final int limit;
        private final List<LetterView> found = new ArrayList<>();
        private int fetches;

        Scan(DeadLetterStore store, String state, int limit) {
            this.store = store;
            this.state = state;
            this.limit = limit;
        }

        Future<LetterList> from(List<LetterRange> ranges) {
            if (ranges.isEmpty()) {
                return Future.succeededFuture(new LetterList(found, null));
            }
            var range = ranges.getFirst();
            if (range.beginOffset() >= range.endOffset()) {
                return from(ranges.subList(1, ranges.size()));
            }
            if (found.size() == limit || fetches == MAX_FETCHES) {
                var cursor = Cursor.of(CURSOR, range.topic(), range.partition(), range.beginOffset());
                return Future.succeededFuture(new LetterList(found, cursor));
            }
            fetches++;
            return store.fetch(new Place(range.topic(), range.partition(), range.beginOffset()))
                    .compose(letters -> from(behind(ranges, collect(range, letters))));
        }

        /** Takes what belongs into the page; gives the offset to go on at. */
        private long collect(LetterRange range, List<DeadLetter> letters) {
            for (var letter : letters) {
                if (found.size() == limit) {
                    return letter.offset();
                }
                if (state.equals(ALL) || state.equals(name(letter.state()))) {
                    found.add(LetterView.of(letter));
                }
            }
            return letters.isEmpty() ? range.endOffset() : letters.getLast().offset() + 1;
        }

        private static List<LetterRange> behind(List<LetterRange> ranges, long offset) {
            var remaining = new ArrayList<>(ranges);
            var range = ranges.getFirst();
            remaining.set(0, new LetterRange(range.topic(), range.partition(), offset, range.endOffset()));
            return remaining;
        }
    }

    /** A letter may be as large as a body, and how large it is turns out only when it is there. */
    private <T> Future<T> withRoom(Supplier<Future<T>> work) {
        return memory.work(maxBodyBytes).compose(room -> work.get().onComplete(done -> room.close()));
    }

    private record LetterDetail(
            LetterView deadletter,
            @Nullable Object value,
            @Nullable String valueEncoding,
            List<RecordView.HeaderView> headers) {}

    private void show(RoutingContext context) {
        Requests.onlyKnows(context);
        var detail = memory.answering(
                maxBodyBytes,
                () -> letter(context).compose(letter -> {
                    var bytes = letter.value() == null ? 0 : letter.value().length();
                    return Rendering.run(vertx, bytes, () -> {
                        var value = Payload.of(letter.value());
                        return Cached.render(new LetterDetail(
                                LetterView.of(letter),
                                value.value(),
                                value.encoding(),
                                letter.headers().stream()
                                        .map(RecordView.HeaderView::of)
                                        .toList()));
                    });
                }));
        Requests.answer(context, detail, rendered -> Cached.answer(context, rendered));
    }

    private Future<DeadLetter> letter(RoutingContext context) {
        var place = place(context);
        return store().find(place).map(letter -> {
            if (letter == null) {
                throw new NotFound("dead letter", id(place));
            }
            return letter;
        });
    }

    private static Place place(RoutingContext context) {
        return new Place(
                String.valueOf(context.pathParam("topic")),
                (int) number(context, "partition", 1_023),
                number(context, "offset", Long.MAX_VALUE));
    }

    private static long number(RoutingContext context, String name, long max) {
        try {
            var number = Long.parseLong(String.valueOf(context.pathParam(name)));
            if (number >= 0 && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below, for both cases.
        }
        throw new InvalidParameter(name, "It is a whole number from 0 on.");
    }

    private static String id(Place place) {
        return place.topic() + "/" + place.partition() + "/" + place.offset();
    }

    private record RetryView(
            String topic, int partition, long offset, String state, int appendedPartition, long appendedOffset) {}

    private void retry(RoutingContext context) {
        Requests.onlyKnows(context);
        var retried = withRoom(() -> letter(context)
                .compose(letter -> new DeadLetterRetry(vertx, database.get(), log.get())
                        .retry(letter)
                        .map(outcome -> switch (outcome) {
                            case DeadLetterRetry.Outcome.Retried(var appended) ->
                                new RetryView(
                                        letter.topic(),
                                        letter.partition(),
                                        letter.offset(),
                                        "retried",
                                        appended.partition(),
                                        appended.from());
                            case DeadLetterRetry.Outcome.Decided() -> throw decided(letter);
                            case DeadLetterRetry.Outcome.Superseded() ->
                                throw conflict(
                                        letter,
                                        "A newer version of this document is there, or on its way, and this one would replace it. Drop"
                                                + " the letter; or post the document again, if it is to count.");
                            case DeadLetterRetry.Outcome.NotFailedYet() ->
                                throw conflict(
                                        letter, "Its job has not been marked as failed yet. Try again in a second.");
                        })));
        Requests.answerToWrite(context, retried, view -> Json.answer(context, 200, view));
    }

    private record DropView(String topic, int partition, long offset, String state) {}

    private void drop(RoutingContext context) {
        Requests.onlyKnows(context);
        var dropped = withRoom(() -> letter(context)
                .compose(letter -> database.get()
                        .inTransaction(
                                connection -> DeadLetterStore.decide(connection, letter, DeadLetter.State.DROPPED))
                        .map(first -> {
                            if (!first) {
                                throw decided(letter);
                            }
                            return new DropView(letter.topic(), letter.partition(), letter.offset(), "dropped");
                        })));
        Requests.answerToWrite(context, dropped, view -> Json.answer(context, 200, view));
    }

    private static Conflict decided(DeadLetter letter) {
        return conflict(letter, "This dead letter has been retried or dropped already.");
    }

    private static Conflict conflict(DeadLetter letter, String message) {
        return new Conflict(
                message, Map.of("topic", letter.topic(), "partition", letter.partition(), "offset", letter.offset()));
    }

    private DeadLetterStore store() {
        return new DeadLetterStore(database.get(), log.get());
    }
}
