package io.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.ConfigSource;
import io.millrace.Pod;
import io.millrace.faults.History.Attempt;
import io.millrace.faults.History.Outcome;
import io.millrace.pg.DatabaseSettings;
import io.millrace.pg.DatabaseSettings.PoolSettings;
import io.millrace.stream.ComputePool;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The checker finds nothing in a database that is well, and each violation where it was planted. */
class CheckerTest {

    private static final String WELL = "well";
    private static final int DOCUMENTS = 60;

    @TempDir
    private static Path folder;

    private static OwnedPostgres postgres;
    private static Collection<Attempt> attempts = List.of();
    private static int databases;

    private String database = "";

    @BeforeAll
    static void postDocuments() throws Exception {
        postgres = OwnedPostgres.start(folder.resolve("postgres"));
        postgres.create(WELL);
        var config = new ConfigSource(Map.of())
                .flag("http.port", "0", "the test")
                .flag("log.partitions", "2", "the test")
                .flag("groups.max-attempts", "2", "the test")
                .flag("groups.retry-delay", "10ms", "the test")
                .config();
        var pod = new Pod(config, new LedgerPlugin().subscriptions(), ComputePool.HALT);
        try (var history = new History(folder.resolve("attempts.ndjson"))) {
            var address = URI.create("http://127.0.0.1:" + pod.listen());
            pod.start(settings(WELL));
            try (var poster = new Poster(1, history, () -> List.of(address))) {
                await().atMost(Duration.ofMinutes(1)).until(() -> isVaried(history));
                poster.stop();
            }
            attempts = history.attempts();
            try (var connection = postgres.connect(WELL)) {
                Nemesis.plantPoison(connection, "planted-0");
                await().atMost(Duration.ofMinutes(1))
                        .until(() -> Drain.left(connection).isNothing());
            }
        } finally {
            pod.stop();
        }
    }

    private static boolean isVaried(History history) {
        return history.count(Outcome.OK) > DOCUMENTS
                && history.count(Outcome.FAILED) > 0
                && history.attempts().stream()
                        .anyMatch(attempt -> attempt.document().poison() && attempt.outcome() == Outcome.OK);
    }

    private static DatabaseSettings settings(String database) {
        return new DatabaseSettings(
                postgres.host(),
                postgres.port(),
                database,
                postgres.user(),
                postgres.password(),
                PoolSettings.DEFAULT,
                false);
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    /** Violations by name, in a copy of the database to which something was done. */
    private Map<String, Integer> after(String sql) throws SQLException {
        return after(sql, attempts);
    }

    private Map<String, Integer> after(String sql, Collection<Attempt> posted) throws SQLException {
        try (var connection = copy()) {
            Sql.run(connection, sql);
            return Checker.check(connection, posted).stream()
                    .filter(count -> count.violations() > 0)
                    .collect(Collectors.toMap(Count::name, Count::violations));
        }
    }

    private Connection copy() throws SQLException {
        database = "copy_" + databases++;
        postgres.clone(WELL, database);
        return postgres.connect(database);
    }

    @Test
    void aDatabaseThatIsWellHasNoViolation() throws SQLException {
        assertThat(after("select")).isEmpty();
        assertThat(attempts).extracting(Attempt::outcome).contains(Outcome.OK, Outcome.FAILED);
        assertThat(attempts).anyMatch(attempt -> attempt.document().poison());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            documents neither processed nor dead-lettered | update jobs.job_status set status = 'processing', completed_at = null where id = (select min(id::text)::uuid from jobs.job_status)
            acknowledged documents missing | delete from jobs.job_status where id = (select max(id::text)::uuid from jobs.job_status)
            effects per (chunk, stage) other than one | insert into faults.records select * from faults.records limit 1
            effects per (chunk, stage) other than one | delete from faults.echoes where job_id = (select min(job_id::text)::uuid from faults.echoes)
            effects per (chunk, stage) other than one | select stream.append(b.topic_id, b.partition_id, uuidv7(), b.size_bytes, b.keys, b.values, b.headers, 9223372036854775807) from stream.batches b join stream.topics t on t.topic_id = b.topic_id where t.name = 'mentions' limit 1
            effects per (chunk, stage) other than one | select stream.append(b.topic_id, b.partition_id, uuidv7(), b.size_bytes, b.keys, b.values, b.headers, 9223372036854775807) from stream.batches b join stream.topics t on t.topic_id = b.topic_id where t.name = 'chunks' limit 1
            dead letters other than expected | select stream.append(b.topic_id, b.partition_id, uuidv7(), b.size_bytes, b.keys, b.values, b.headers, 9223372036854775807) from stream.batches b join stream.topics t on t.topic_id = b.topic_id where t.name = 'documents.dead-letters' limit 1
            dead letters other than expected | delete from stream.batches b using stream.topics t where t.topic_id = b.topic_id and t.name = 'documents.dead-letters' and b.base_offset = 0
            offset gaps | delete from stream.batches b using stream.topics t where t.topic_id = b.topic_id and t.name = 'chunks' and b.base_offset = 0
            differences between graph and model | update lightrag.entity_state set mentions = mentions + 1 where name = 'Name 0'
            differences between graph and model | delete from lightrag.relationship_mentions where chunk_id = (select min(chunk_id::text)::uuid from lightrag.relationship_mentions)
            differences between graph and model | insert into lightrag.entity_mentions select gen_random_uuid(), chunk_id, name, entity_type, description, evidence, occurrences from lightrag.entity_mentions limit 1
            differences that graph verify finds | update lightrag.entity_state set out_degree = out_degree + 1 where name = 'Name 0'
            statistics different from a recount | update lightrag.counters set value = value + 1 where name = 'entities'
            partitions with two owners in one epoch | insert into faults.owners select group_id, partition_id, epoch, gen_random_uuid() from faults.owners limit 1
            partitions with two owners in one epoch | insert into faults.commits select group_id, partition_id, sequence, epoch, 'zombie' from faults.commits limit 1
            """)
    void aViolationIsFoundWhereItWasPlanted(String name, String sql) throws SQLException {
        assertThat(after(sql)).containsKey(name);
    }

    @Test
    void anAcknowledgedDocumentThatWasNeverStoredIsMissing() throws SQLException {
        var lost = new ArrayList<>(attempts);
        lost.add(new Attempt("lost", lost.getFirst().document(), Outcome.OK, UUID.randomUUID()));

        assertThat(after("select", lost)).containsOnlyKeys("acknowledged documents missing");
    }

    @Test
    void aDocumentWhoseSenderWasToldThatItFailedMustNotBeThere() throws SQLException {
        var told = attempts.stream()
                .map(attempt -> new Attempt(attempt.id(), attempt.document(), Outcome.FAILED, null))
                .toList();

        assertThat(after("select", told)).containsOnlyKeys("failed answers whose document is there");
    }

    @Test
    void aTailThatSawWhatIsNotThereAnyMoreSaysSo() throws Exception {
        try (var connection = copy();
                var tail = new LiveTail(settings(database))) {
            var records = Sql.number(
                    connection, "select count(*) from stream.records where topic <> 'documents.dead-letters'");
            await().atMost(Duration.ofSeconds(30)).until(() -> tail.records() == records);
            Sql.run(
                    connection,
                    "update stream.batches b set keys = array_fill('other'::bytea, array[b.record_count])"
                            + " from stream.topics t where t.topic_id = b.topic_id and t.name = 'chunks' and b.base_offset = 0");

            assertThat(tail.finish()).isNotEmpty().allMatch(violation -> violation.startsWith("chunks/"));
        }
    }

    @Test
    void aTailThatFindsAHoleSaysSo() throws Exception {
        try (var connection = copy()) {
            Sql.run(
                    connection,
                    "delete from stream.batches b using stream.topics t where t.topic_id = b.topic_id and t.name = 'mentions' and b.base_offset = 0");
            try (var tail = new LiveTail(settings(database))) {
                assertThat(tail.finish()).isNotEmpty().allMatch(violation -> violation.startsWith("mentions/"));
            }
        }
    }

    @Test
    void aTailOfADatabaseThatIsWellSeesEachOffsetOnce() throws Exception {
        try (var connection = copy();
                var tail = new LiveTail(settings(database))) {
            assertThat(connection.isClosed()).isFalse();
            assertThat(tail.finish()).isEmpty();
            assertThat(tail.records()).isPositive();
        }
    }
}
