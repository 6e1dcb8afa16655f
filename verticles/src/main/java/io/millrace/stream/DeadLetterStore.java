package io.millrace.stream;

import io.millrace.pg.Database;
import io.millrace.pg.DatabaseFailure;
import io.millrace.pg.SqlStates;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Dead letters, and what is decided about them. A decision is a row whose key is the letter's place, inserted in the
 * transaction that acts on it; of two that decide at once, the second waits for the first and then finds it decided.
 */
public final class DeadLetterStore {

    private static final String SUFFIX = Topic.deadLetters("");

    private final Database database;
    private final Log log;

    public DeadLetterStore(Database database, Log log) {
        this.database = database;
        this.log = log;
    }

    /** Where a letter lies. {@code topic} is the one that it was read from. */
    public record Place(String topic, int partition, long offset) {}

    private static final String PARTITIONS = """
            select left(topic, -length($1)), partition, begin_offset, end_offset
            from stream.topic_partitions
            where topic like '%' || $1 and end_offset > begin_offset and ($2::text is null or topic = $2 || $1)
            order by topic, partition
            """;

    /** Where letters lie: the ranges of the partitions that hold any, in order; of one topic, or of all. */
    public Future<List<LetterRange>> ranges(@Nullable String topic) {
        return database.list(
                PARTITIONS,
                Tuple.of(SUFFIX, topic),
                row -> new LetterRange(row.getString(0), row.getInteger(1), row.getLong(2), row.getLong(3)));
    }

    /** Letters {@code beginOffset} to {@code endOffset - 1} of a partition. */
    public record LetterRange(String topic, int partition, long beginOffset, long endOffset) {}

    private static final String OUTCOMES = """
            select record_offset, outcome, decided_at
            from stream.dead_letter_outcomes
            where topic_id = $1 and partition_id = $2 and record_offset between $3 and $4
            """;

    private record Decision(DeadLetter.State state, Instant decidedAt) {
        static Decision of(Row row) {
            return new Decision(
                    outcome(row.getString(1)), row.getOffsetDateTime(2).toInstant());
        }
    }

    /** Letters from a place on, with what was decided about each; a megabyte of them at the most, and one at the least. */
    public Future<List<DeadLetter>> fetch(Place from) {
        return log.topic(Topic.deadLetters(from.topic())).compose(letters -> {
            if (letters == null || from.partition() >= letters.partitions()) {
                return Future.succeededFuture(List.of());
            }
            return log.fetch(letters, from.partition(), from.offset(), Log.BATCH_BYTES)
                    .compose(records -> records.isEmpty()
                            ? Future.succeededFuture(List.of())
                            : withDecisions(from.topic(), letters, records));
        });
    }

    private Future<List<DeadLetter>> withDecisions(String topic, Topic letters, List<ConsumerRecord> records) {
        var first = records.getFirst();
        return database.pool()
                .preparedQuery(OUTCOMES)
                .execute(Tuple.of(
                        letters.id(),
                        first.partition(),
                        first.offset(),
                        records.getLast().offset()))
                .map(rows -> {
                    var decisions = new HashMap<Long, Decision>();
                    rows.forEach(row -> decisions.put(row.getLong(0), Decision.of(row)));
                    return letters(topic, records, decisions);
                })
                .recover(thrown -> Future.failedFuture(SqlStates.failure(thrown)));
    }

    private static List<DeadLetter> letters(String topic, List<ConsumerRecord> records, Map<Long, Decision> decisions) {
        var letters = new ArrayList<DeadLetter>(records.size());
        for (var record : records) {
            var decision = decisions.get(record.offset());
            letters.add(
                    decision == null
                            ? DeadLetter.of(topic, record, DeadLetter.State.OPEN, null)
                            : DeadLetter.of(topic, record, decision.state(), decision.decidedAt()));
        }
        return letters;
    }

    private static DeadLetter.State outcome(String outcome) {
        return switch (outcome) {
            case "retried" -> DeadLetter.State.RETRIED;
            case "dropped" -> DeadLetter.State.DROPPED;
            default -> throw new IllegalStateException("unknown outcome " + outcome);
        };
    }

    /** The letter at a place; null when there is none, or none any more. */
    public Future<@Nullable DeadLetter> find(Place place) {
        return fetch(place)
                .<@Nullable DeadLetter>map(letters ->
                        letters.isEmpty() || letters.getFirst().offset() != place.offset() ? null : letters.getFirst())
                .recover(thrown -> thrown instanceof DatabaseFailure failure
                                && failure.kind() == DatabaseFailure.Kind.OFFSET_OUT_OF_RANGE
                        ? Future.succeededFuture(null)
                        : Future.failedFuture(thrown));
    }

    private static final String DECIDE = """
            insert into stream.dead_letter_outcomes (topic_id, partition_id, record_offset, outcome)
            select t.topic_id, $2, $3, $4
            from stream.topics t
            where t.name = $1
            on conflict (topic_id, partition_id, record_offset) do nothing
            """;

    /** Decides about a letter within the caller's transaction; false when that was done before. */
    public static Future<Boolean> decide(SqlConnection connection, DeadLetter letter, DeadLetter.State outcome) {
        return connection
                .preparedQuery(DECIDE)
                .execute(Tuple.of(
                        Topic.deadLetters(letter.topic()),
                        letter.partition(),
                        letter.offset(),
                        outcome == DeadLetter.State.RETRIED ? "retried" : "dropped"))
                .map(rows -> rows.rowCount() == 1);
    }

    private static final String DECIDED = """
            select exists (
              select from stream.dead_letter_outcomes o
              join stream.topics t on t.topic_id = o.topic_id
              where t.name = $1 and o.partition_id = $2 and o.record_offset = $3)
            """;

    public Future<Boolean> isDecided(SqlConnection connection, DeadLetter letter) {
        return connection
                .preparedQuery(DECIDED)
                .execute(Tuple.of(Topic.deadLetters(letter.topic()), letter.partition(), letter.offset()))
                .map(rows -> rows.iterator().next().getBoolean(0));
    }

    private static final String LOCK = """
            select pg_advisory_xact_lock(stream.lock_key($1, $2))
            """;

    /**
     * Holds the partition that a letter goes back to until the caller's transaction ends: from then on no record comes
     * behind what can be seen.
     */
    public Future<Void> lock(SqlConnection connection, DeadLetter letter) {
        var topic = log.known(letter.topic());
        return connection
                .preparedQuery(LOCK)
                .execute(Tuple.of(topic.id(), partition(topic, letter)))
                .mapEmpty();
    }

    /** Appends a letter to its topic again, within the caller's transaction and last in it. */
    public Future<Appended> append(SqlConnection connection, DeadLetter letter) {
        var topic = log.known(letter.topic());
        var append = new Effects.Append(topic.name(), partition(topic, letter), List.of(letter.toRecord()));
        return log.append(connection, List.of(append)).map(List::getFirst);
    }

    /** Where it was: also what has no key keeps its place. */
    private static int partition(Topic topic, DeadLetter letter) {
        var original = letter.originalPartition();
        if (original != null && original >= 0 && original < topic.partitions()) {
            return original;
        }
        var key = letter.key();
        return key == null ? 0 : Partitioner.ofKey(key, topic.partitions());
    }
}
