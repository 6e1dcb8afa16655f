package io.millrace.events;

import io.millrace.pg.DatabaseFailure;
import io.millrace.stream.Appended;
import io.millrace.stream.Extent;
import io.millrace.stream.Log;
import io.millrace.stream.LookPace;
import io.millrace.stream.Topic;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one reader of topic {@code events} in a pod, shared by all its listeners. It reads on when an append is told of, here
 * by the event bus and from other pods by notification, and now and then in case that one was lost: a second after it found
 * something, and less and less often while it does not; without listeners it reads nothing. Lives on one event loop, that of
 * the door.
 *
 * <p>Why nobody misses an event: offsets are given in commit order without gaps, a listener's position moves only over
 * events that it was written or did not want, and everything behind its position comes from the log, through
 * {@link EventPages} when somebody else has just read it.
 */
public final class EventFeed {

    private static final Logger LOG = LoggerFactory.getLogger(EventFeed.class);
    private static final long SECOND = Duration.ofSeconds(1).toMillis();

    /** Appends within this time are read and written together: a thousand clients are a thousand system calls a time. */
    private static final long COALESCE_MILLIS = 20;

    /** Listeners that are written to before others have the event loop. */
    private static final int LISTENERS_A_TURN = 100;

    private static final int PAGE_BYTES = 512 << 10;
    private static final long CACHE_CHARACTERS =
            Math.min(32 << 20, Runtime.getRuntime().maxMemory() / 16);

    /** Reads at a time: the pool is the stages' as well. */
    private static final int MAX_READS = 3;

    private final Vertx vertx;
    private final Supplier<Log> log;
    private final EventPages pages = new EventPages(CACHE_CHARACTERS);
    private final Set<EventListener> listeners = new LinkedHashSet<>();
    private final ArrayDeque<Long> wanted = new ArrayDeque<>();
    private final Map<Long, Promise<Void>> loads = new HashMap<>();
    private @Nullable Promise<Extent> asked;
    private boolean asking;
    private int reads;
    private long next;
    private long knownEnd;
    private boolean advancing;
    private boolean scheduled;
    private final LookPace pace = new LookPace();

    /** @param log what to read from, once somebody listens */
    public EventFeed(Vertx vertx, Supplier<Log> log) {
        this.vertx = vertx;
        this.log = log;
        vertx.eventBus()
                .<Appended>localConsumer(
                        Appended.address(Event.TOPIC),
                        message -> appended(message.body().to()));
        vertx.setPeriodic(SECOND, fired -> second());
    }

    /** From where to where the topic goes now; those who ask together share a query, but none gets an older answer. */
    public Future<Extent> extent() {
        var waiting = asked;
        if (waiting == null) {
            waiting = Promise.promise();
            asked = waiting;
        }
        if (!asking) {
            ask(waiting);
        }
        return waiting.future();
    }

    private void ask(Promise<Extent> answer) {
        asked = null;
        asking = true;
        topic().compose(topic -> log.get().extent(topic, 0)).onComplete((extent, failure) -> {
            asking = false;
            var waiting = asked;
            if (waiting != null) {
                ask(waiting);
            }
            answer.complete(extent, failure);
        });
    }

    private Future<Topic> topic() {
        return log.get()
                .topic(Event.TOPIC)
                .compose(topic -> topic == null
                        ? Future.failedFuture(new IllegalStateException("topic " + Event.TOPIC + " has not been made"))
                        : Future.succeededFuture(topic));
    }

    /**
     * Begins to write to a connection.
     *
     * @param position the first offset that it wants
     * @param end where the topic ended when that was decided
     */
    public EventListener join(
            EventFilter filter,
            long position,
            long end,
            EventListener.Connection connection,
            EventListener.Patience patience) {
        var listener = new EventListener(this, filter, position, connection, patience);
        if (listeners.isEmpty()) {
            // Nobody listened, so nobody misses what is skipped here; whoever is behind it reads it as a page.
            next = Math.max(next, end);
        }
        listeners.add(listener);
        appended(end);
        vertx.runOnContext(ready -> listener.pump());
        return listener;
    }

    void leave(EventListener listener) {
        listeners.remove(listener);
    }

    public int listeners() {
        return listeners.size();
    }

    /** Ends all connections, whose clients then resume at another pod. */
    public void stop() {
        List.copyOf(listeners).forEach(listener -> listener.end(EventListener.End.STOPPED));
    }

    /** Where the end of the topic is, as far as it has been read: there is nothing to write from here on. */
    long next() {
        return next;
    }

    boolean holds(long offset) {
        return pages.holds(offset);
    }

    EventSlice slice(EventFilter filter, long from) {
        return pages.slice(filter, from);
    }

    static boolean isGone(Throwable thrown) {
        return thrown instanceof DatabaseFailure failure && failure.kind() == DatabaseFailure.Kind.OFFSET_OUT_OF_RANGE;
    }

    private void appended(long to) {
        knownEnd = Math.max(knownEnd, to);
        if (knownEnd > next) {
            schedule();
        }
    }

    private void schedule() {
        if (!scheduled && !advancing && !listeners.isEmpty()) {
            scheduled = true;
            vertx.setTimer(COALESCE_MILLIS, fired -> {
                scheduled = false;
                advance();
            });
        }
    }

    private void second() {
        List.copyOf(listeners).forEach(EventListener::second);
        if (pace.second()) {
            advance();
        }
    }

    /** Reads what follows at the end, and writes it to those who wait there. */
    private void advance() {
        if (advancing || listeners.isEmpty()) {
            return;
        }
        advancing = true;
        var from = next;
        load(from, true).onComplete(done -> {
            if (done.failed()) {
                LOG.info("events are not read right now: {}", done.cause().getMessage());
            }
            next = Math.max(next, pages.end(from));
            var more = next > from;
            pace.looked(more || done.failed());
            pump(more ? new ArrayDeque<>(listeners) : new ArrayDeque<>(), () -> {
                advancing = false;
                if (more && knownEnd > next) {
                    schedule();
                }
            });
        });
    }

    private void pump(ArrayDeque<EventListener> waiting, Runnable done) {
        for (var i = 0; i < LISTENERS_A_TURN && !waiting.isEmpty(); i++) {
            waiting.remove().pump();
        }
        if (waiting.isEmpty()) {
            done.run();
        } else {
            vertx.runOnContext(turn -> pump(waiting, done));
        }
    }

    /** Completes when the pages hold an offset, or when the topic has nothing there. */
    Future<Void> load(long offset) {
        return load(offset, false);
    }

    private Future<Void> load(long offset, boolean first) {
        if (pages.holds(offset)) {
            return Future.succeededFuture();
        }
        var loaded = loads.get(offset);
        if (loaded == null) {
            loaded = Promise.promise();
            loads.put(offset, loaded);
            if (first) {
                wanted.addFirst(offset);
            } else {
                wanted.addLast(offset);
            }
            read();
        }
        return loaded.future();
    }

    private void read() {
        while (reads < MAX_READS && !wanted.isEmpty()) {
            var offset = wanted.remove();
            if (pages.holds(offset)) {
                loaded(offset, null);
            } else {
                reads++;
                fetch(offset).onComplete(done -> {
                    reads--;
                    loaded(offset, done.cause());
                    read();
                });
            }
        }
    }

    private Future<Void> fetch(long offset) {
        return topic().compose(topic -> log.get().fetch(topic, 0, offset, PAGE_BYTES))
                .map(records -> {
                    pages.add(records.stream().map(Event::read).toList());
                    return null;
                });
    }

    private void loaded(long offset, @Nullable Throwable failure) {
        var promise = loads.remove(offset);
        if (promise != null) {
            promise.complete(null, failure);
        }
    }
}
