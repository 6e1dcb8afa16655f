package io.millrace.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.pg.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the kill test compares with notices a fault of each kind. */
class ExpectedGraphTest {

    private static final List<Letter> LETTERS = Letter.generate(7, 60);

    private static TestDatabase database;
    private static Rows rows;

    @BeforeAll
    static void ingest() {
        database = TestDatabase.create();
        rows = new Rows(database);
        try (var pod = FlowPod.start(database, Map.of())) {
            pod.caller("default").acceptedAll(LETTERS.stream().map(Letter::json).toList());
            Drained.await(rows, Duration.ofSeconds(60));
        }
    }

    @AfterAll
    static void close() {
        rows.close();
        database.close();
    }

    @BeforeEach
    void begin() {
        rows.execute("begin");
    }

    @AfterEach
    void rollBack() {
        rows.execute("rollback");
    }

    @Test
    void whatWasIngestedIsAsExpected() {
        assertThat(new ExpectedGraph(LETTERS).differences(rows)).isEmpty();
    }

    @Test
    void aLetterThatIsNotThereIsMissed() {
        assertThat(new ExpectedGraph(Letter.generate(7, 61)).differences(rows))
                .contains("document, 0 instead of 1 times: letters/60 | 1");
    }

    @ParameterizedTest
    @CsvSource({
        "jobs.documents, document",
        "jobs.chunks, chunk",
        "lightrag.chunk_extractions, chunk",
        "lightrag.entity_mentions, entity mention",
        "lightrag.relationship_mentions, relationship mention",
        "lightrag.entity_state, entity",
        "lightrag.relationship_state, relationship"
    })
    void aRowThatIsGoneIsMissed(String table, String kind) {
        rows.execute("delete from %s where ctid = (select min(ctid) from %s)".formatted(table, table));

        assertThat(new ExpectedGraph(LETTERS).differences(rows)).anyMatch(found -> found.startsWith(kind + ", 0"));
    }

    @Test
    void aMentionThatCountsTwiceIsNoticed() {
        rows.execute("""
                insert into lightrag.entity_mentions (entity_id, chunk_id, name, entity_type, evidence, occurrences)
                select gen_random_uuid(), chunk_id, name, entity_type, evidence, occurrences
                from lightrag.entity_mentions
                limit 1
                """);

        assertThat(new ExpectedGraph(LETTERS).differences(rows))
                .singleElement()
                .asString()
                .startsWith("entity mention, 2 instead of 1 times");
    }

    @ParameterizedTest
    @CsvSource({"mentions", "in_degree", "out_degree"})
    void aCountThatIsOneTooHighIsNoticed(String count) {
        rows.execute("update lightrag.entity_state set %s = %s + 1 where name = 'Name 0'".formatted(count, count));

        assertThat(new ExpectedGraph(LETTERS).differences(rows)).hasSize(2);
    }
}
