package io.millrace.faults;

import io.millrace.pg.Database;
import io.millrace.pg.DatabaseSettings;
import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.Log;
import io.millrace.stream.Topic;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A reader that follows the end of every topic while everything breaks, and remembers what it saw: each offset must come
 * once, in order, and be the same when the log is read again at the end.
 */
final class LiveTail implements AutoCloseable {

    static final List<String> TOPICS =
            List.of("documents", "chunks", "mentions", "changes", "events", LedgerPlugin.ECHOES);

    private static final int BYTES = 1 << 20;
    private static final Duration ROUND = Duration.ofMillis(150);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    /** By when a database that has been healed answers, also where the machine is slow. */
    private static final Duration HEALED = Duration.ofMinutes(1);

    private record Place(String topic, int partition) {}

    /** A hash an offset, from 0 on; millions of them in as many times four bytes. */
    private static final class Hashes {
        private int[] hashes = new int[256];
        private volatile int size;

        int size() {
            return size;
        }

        void add(int hash) {
            var place = size;
            if (place == hashes.length) {
                hashes = Arrays.copyOf(hashes, 2 * place);
            }
            hashes[place] = hash;
            size = place + 1;
        }

        /** As many of them as there are up to an offset. */
        Hashes before(long offset) {
            var some = new Hashes();
            some.size = (int) Math.min(offset, size);
            some.hashes = Arrays.copyOf(hashes, Math.max(1, some.size));
            return some;
        }

        boolean sameAs(Hashes other) {
            return Arrays.equals(hashes, 0, size, other.hashes, 0, other.size);
        }
    }

    private final Vertx vertx = Vertx.vertx();
    private final Database database;
    private final Log log;
    private final Map<Place, Hashes> seen =
            new ConcurrentSkipListMap<>(Comparator.comparing(Place::topic).thenComparingInt(Place::partition));
    private final List<String> violations = new ArrayList<>();
    private final Thread thread;
    private volatile boolean stopping;

    LiveTail(DatabaseSettings settings) {
        this.database = new Database(vertx, settings);
        this.log = new Log(database);
        this.thread = Thread.ofPlatform().name("live-tail").daemon().start(this::follow);
    }

    private void follow() {
        while (!stopping) {
            try {
                readOn();
            } catch (RuntimeException e) {
                // The database is away; the next round asks again from the same offset.
            }
            Waiting.pass(ROUND);
        }
    }

    /** Reads each partition on by one fetch; true when there was anything. */
    private boolean readOn() {
        var any = false;
        for (var name : TOPICS) {
            var topic = await(log.topic(name));
            for (var partition = 0; topic != null && partition < topic.partitions(); partition++) {
                var places = seen.computeIfAbsent(new Place(name, partition), first -> new Hashes());
                any |= readOn(topic, partition, places);
            }
        }
        return any;
    }

    private boolean readOn(Topic topic, int partition, Hashes hashes) {
        var records = await(log.fetch(topic, partition, hashes.size(), BYTES));
        for (var record : records) {
            if (record.offset() != hashes.size()) {
                violations.add("%s/%d: offset %d came where %d belongs"
                        .formatted(topic.name(), partition, record.offset(), hashes.size()));
                return false;
            }
            hashes.add(hash(record));
        }
        return !records.isEmpty();
    }

    private static int hash(ConsumerRecord record) {
        return 31 * hash(record.key()) + hash(record.value());
    }

    private static int hash(@Nullable Buffer bytes) {
        return bytes == null ? 0 : Arrays.hashCode(bytes.getBytes());
    }

    /** How many records it saw. */
    long records() {
        return seen.values().stream().mapToLong(Hashes::size).sum();
    }

    /** Reads what is left, then everything that is there once more; gives what was not as it was seen. */
    List<String> finish() throws InterruptedException {
        stopping = true;
        thread.join();
        var more = true;
        while (more) {
            more = patiently(this::readOn);
        }
        for (var entry : seen.entrySet()) {
            var place = entry.getKey();
            var topic = log.known(place.topic());
            var extent = patiently(() -> await(log.extent(topic, place.partition())));
            if (entry.getValue().size() < extent.end()) {
                violations.add("%s/%d: the tail saw %d records of %d"
                        .formatted(
                                place.topic(),
                                place.partition(),
                                entry.getValue().size(),
                                extent.end()));
            }
            // What retention has dropped meanwhile cannot be read again.
            var again = entry.getValue().before(extent.begin());
            while (again.size() < entry.getValue().size()) {
                if (!patiently(() -> readOn(topic, place.partition(), again))) {
                    break;
                }
            }
            if (!again.sameAs(entry.getValue())) {
                violations.add("%s/%d: the tail saw %d records, and they are not those that are there now"
                        .formatted(
                                place.topic(),
                                place.partition(),
                                entry.getValue().size()));
            }
        }
        return violations;
    }

    /** Once more when the answer does not come: one that is late is no violation. */
    private static <T> T patiently(Supplier<T> read) {
        var deadline = System.nanoTime() + HEALED.toNanos();
        while (true) {
            try {
                return read.get();
            } catch (RuntimeException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
            }
        }
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        stopping = true;
        database.close();
        vertx.close();
    }
}
