package io.millrace.flow;

import static io.millrace.flow.ReplayTest.CORPUS;
import static io.millrace.flow.ReplayTest.DOCUMENTS;
import static io.millrace.flow.ReplayTest.differences;
import static io.millrace.flow.ReplayTest.drainedGraph;
import static io.millrace.flow.ReplayTest.post;
import static io.millrace.flow.ReplayTest.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.pg.TestDatabase;
import io.millrace.rebuild.Rebuild;
import io.millrace.rebuild.RebuildException;
import io.millrace.verify.Check;
import io.vertx.core.json.JsonObject;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A graph that is made anew is the one that the stages made, or would have made. */
class RebuildTest {

    private static List<String> reference;

    @BeforeAll
    static void undisturbed() {
        reference = ReplayTest.undisturbed();
    }

    @Test
    void aGraphThatIsRightIsNotWrittenTo() throws SQLException {
        try (var database = TestDatabase.create();
                var rows = new Rows(database);
                var pod = start(database, Map.of())) {
            post(pod, CORPUS);
            Drained.await(rows, ReplayTest.PATIENCE);

            var report = rebuild(database);

            assertThat(report.swapped())
                    .as("%s", report)
                    .hasSize(9)
                    .allMatch(table -> table.written() == 0 && table.removed() == 0);
            assertThat(report.chunks()).isGreaterThan(DOCUMENTS);
            assertThat(drainedGraph(rows)).isEqualTo(reference);
            assertThat(rows.count("select count(*) from lightrag.rebuilt_chunks"))
                    .isZero();
        }
    }

    @Test
    void aDamagedGraphIsMendedWhileDocumentsArriveWhateverRetentionHasDropped() throws Exception {
        try (var database = TestDatabase.create();
                var rows = new Rows(database);
                var pod = start(database, Map.of())) {
            post(pod, CORPUS.subList(0, DOCUMENTS / 2));
            Drained.await(rows, ReplayTest.PATIENCE);
            rows.list("select stream.create_segment(topic_id, clock_timestamp()) from stream.topics");
            ReplayTest.retain(database);
            assertThat(ReplayTest.retain(database).dropped()).isPositive();
            damage(rows);
            assertThat(differences(rows))
                    .extracting(Check::name)
                    .contains("effects", "entities", "votes", "relationships", "ends", "counters", "growth", "top");
            var posting = Thread.startVirtualThread(
                    () -> CORPUS.subList(DOCUMENTS / 2, DOCUMENTS).forEach(document -> post(pod, List.of(document))));

            var report = rebuild(database);
            var another = rebuild(database);
            posting.join();

            assertThat(report.changed()).isGreaterThan(100);
            System.out.printf("rebuilt %s%nand again %s%n", report, another);
            assertThat(drainedGraph(rows)).isEqualTo(reference);
        }
    }

    /** Half of everything is gone, and half of what is left is wrong. */
    private static void damage(Rows rows) {
        rows.execute("delete from lightrag.entity_mentions where get_byte(uuid_send(chunk_id), 15) % 2 = 0");
        rows.execute("delete from lightrag.relationship_mentions where get_byte(uuid_send(chunk_id), 15) % 3 = 0");
        rows.execute("delete from lightrag.relationship_ends where get_byte(uuid_send(chunk_id), 15) % 5 = 0");
        rows.execute("delete from lightrag.entity_state where get_byte(uuid_send(id), 15) % 2 = 0");
        rows.execute("update lightrag.entity_state set mentions = mentions + 1, name = 'wrong'");
        rows.execute(
                "insert into lightrag.relationship_state select gen_random_uuid(), workspace, source_entity_id, gen_random_uuid(),"
                        + " 'INVENTED', null, 0, 1, 1, now(), now() from lightrag.relationship_state limit 3");
        rows.execute("update lightrag.votes set votes = votes + 5");
        rows.execute("update lightrag.counters set value = value + 7 where partition_id % 2 = 0");
        rows.execute("delete from lightrag.growth where partition_id % 3 = 0");
        rows.execute("delete from lightrag.top_entities where partition_id % 2 = 1");
    }

    @Test
    void mentionsThatAreStillOnTheirWayCountOnce() throws SQLException {
        try (var database = TestDatabase.create();
                var rows = new Rows(database)) {
            try (var pod = start(database, Map.of("MILLRACE_STAGES", "ingest,chunk,extract"))) {
                post(pod, CORPUS);
                org.awaitility.Awaitility.await()
                        .atMost(ReplayTest.PATIENCE)
                        .until(() -> rows.count("select count(distinct document_id) from jobs.documents") == DOCUMENTS
                                && rows.count("select sum(lag) from stream.lag where \"group\" in ('chunk', 'extract')")
                                        == 0);
            }
            assertThat(rows.count("select count(*) from lightrag.entities")).isZero();

            var report = rebuild(database);

            assertThat(report.changed()).isGreaterThan(100);
            assertThat(differences(rows))
                    .as("before the graph stage has read anything")
                    .isEmpty();
            try (var _ = start(database, Map.of())) {
                assertThat(drainedGraph(rows)).isEqualTo(reference);
            }
        }
    }

    /** As after a rebuild, which goes by what the chunk sent on and not by what became of it. */
    @Test
    void aDeadLetterThatIsInTheGraphIsRetriedWithoutHarm() {
        try (var database = TestDatabase.create();
                var rows = new Rows(database);
                var pod = start(database, Map.of())) {
            post(pod, CORPUS);
            Drained.await(rows, ReplayTest.PATIENCE);
            rows.list("""
                    select stream.append(t.topic_id, 0, gen_random_uuid(), 100, array[r.key], array[r.value], null, 9223372036854775807)
                    from stream.topics t
                    cross join (select * from stream.records r where r.topic = 'mentions' limit 1) r
                    where t.name = 'mentions.dead-letters'
                    """);

            var answer = pod.reads("any").post("/v1/deadletters/mentions/0/0/retry", new JsonObject());

            assertThat(answer.status()).as("%s", answer).isLessThan(300);
            assertThat(drainedGraph(rows)).isEqualTo(reference);
            assertThat(rows.count("select count(*) from stream.dead_letters")).isEqualTo(1);
        }
    }

    @Test
    void whatCannotBeMadeAgainLeavesTheGraphAsItIs() throws SQLException {
        try (var database = TestDatabase.create();
                var rows = new Rows(database);
                var pod = start(database, Map.of())) {
            post(pod, CORPUS.subList(0, 20));
            Drained.await(rows, ReplayTest.PATIENCE);
            var before = GraphDump.of(rows);
            rows.execute("delete from lightrag.extractions");

            assertThatThrownBy(() -> rebuild(database))
                    .isInstanceOf(RebuildException.class)
                    .hasMessageContaining("graph verify");
            assertThat(GraphDump.of(rows)).isEqualTo(before);

            rows.list("select pg_advisory_lock(hashtextextended('lightrag.rebuild', 0))");
            assertThatThrownBy(() -> rebuild(database))
                    .isInstanceOf(RebuildException.class)
                    .hasMessageContaining("another rebuild");
        }
    }

    private static Rebuild.Report rebuild(TestDatabase database) throws SQLException {
        try (var connection = database.connect()) {
            return Rebuild.run(connection, chunks -> {});
        }
    }
}
