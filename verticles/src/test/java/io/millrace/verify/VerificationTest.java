package io.millrace.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.pg.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Faults, planted one at a time in a complete database, and the checks that must find them. */
class VerificationTest {

    private static Set<String> found(Report report) {
        return report.checks().stream()
                .filter(check -> !check.clean())
                .map(Check::name)
                .collect(Collectors.toSet());
    }

    private static Check check(Report report, String name) {
        return report.checks().stream()
                .filter(check -> check.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /**
     * Something is wrong, and the checks that look at it say so: those, and no others.
     *
     * @param sql plants the fault
     */
    record Fault(String name, String sql, Set<String> found) {
        Fault(String name, String sql, String... found) {
            this(name, sql, Set.of(found));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static TestDatabase faulty;
    private static Connection planting;

    @BeforeAll
    static void complete() throws SQLException {
        faulty = TestDatabase.create();
        planting = faulty.connect();
        GraphFixture.on(planting).complete(60);
        planting.setAutoCommit(false);
    }

    @AfterAll
    static void drop() throws SQLException {
        planting.close();
        faulty.close();
    }

    @AfterEach
    void undo() throws SQLException {
        planting.rollback();
    }

    @ParameterizedTest
    @MethodSource({
        "faultsOfTheLog",
        "faultsOfGroups",
        "faultsOfChunks",
        "faultsOfJobs",
        "faultsOfEffects",
        "faultsOfEntities",
        "faultsOfVotes",
        "faultsOfRelationships",
        "faultsOfStatistics"
    })
    void faultIsFound(Fault fault) throws SQLException {
        try (var statement = planting.createStatement()) {
            statement.execute(fault.sql());
        }

        var report = Verification.recount(planting);

        assertThat(found(report)).as("%s", report).isEqualTo(fault.found());
        for (var name : fault.found()) {
            var check = check(report, name);
            assertThat(check.examples()).hasSize((int) Math.min(check.differences(), Check.MAX_EXAMPLES));
        }
    }

    /** Of the batches of a partition, neither the first nor the last. */
    private static final String INNER = """
            topic_id = (select topic_id from stream.topics where name = 'documents') and partition_id = 1
              and base_offset = 7
            """;

    static Stream<Fault> faultsOfTheLog() {
        return Stream.of(
                new Fault("missing batch", "delete from stream.batches where " + INNER, "offsets"),
                new Fault(
                        "missing first batch",
                        "delete from stream.batches where base_offset = 0 and topic_id = 1 and partition_id = 1",
                        "offsets"),
                new Fault("shifted offset", "update stream.batches set base_offset = 8 where " + INNER, "offsets"),
                new Fault("overlapping offset", "update stream.batches set base_offset = 6 where " + INNER, "offsets"),
                new Fault(
                        "time runs backwards",
                        "update stream.batches set created_at = created_at - interval '1 hour' where " + INNER,
                        "offsets"),
                new Fault("batch appended twice", """
                        update stream.batches set batch_id = (
                          select batch_id from stream.batches where topic_id = 1 and partition_id = 1 and base_offset = 0)
                        where %s""".formatted(INNER), "offsets"),
                new Fault("batch in an earlier segment", """
                        update stream.batches set segment_id = 1
                        where topic_id = 1 and partition_id = 1 and base_offset = 22
                        """, "offsets"),
                new Fault(
                        "wrong segment start",
                        "update stream.segment_starts set base_offset = base_offset + 1 where topic_id = 1 and segment_id = 2",
                        "offsets"),
                new Fault(
                        "missing segment start",
                        "delete from stream.segment_starts where topic_id = 1 and segment_id = 1 and partition_id = 0",
                        "offsets"),
                new Fault("segment start without a batch", """
                        insert into stream.segment_starts
                        select t.topic_id, 0, 1, 0 from stream.topics t where t.name = 'mentions.dead-letters'
                        """, "offsets"),
                new Fault("moved floor", "update stream.partitions set floor_offset = 1 where topic_id = 1", "offsets"),
                new Fault(
                        "counts not bound to arrays",
                        "alter table stream.batches drop constraint batches_record_count_check",
                        "offsets"),
                new Fault(
                        "partition that does not exist",
                        "update stream.batches set partition_id = 7, base_offset = 0 where " + INNER,
                        "offsets"));
    }

    private static String group(String name) {
        return "group_id = (select group_id from stream.groups where name = '" + name + "')";
    }

    private static Fault commit(String name, String group, String columns) {
        return new Fault(name, """
                insert into stream.commits
                select c.group_id, c.partition_id, %s, now()
                from stream.commits c
                where c.%s and c.sequence = 2
                """.formatted(columns, group(group)), "groups");
    }

    static Stream<Fault> faultsOfGroups() {
        return Stream.of(
                commit("offset behind the end", "extract", "3, 1000000, epoch"),
                commit("offset before the floor", "chunk", "3, -1, epoch + 1"),
                commit("commit left out", "graph", "4, committed_offset, epoch"),
                commit("offset goes back", "chunk", "3, committed_offset - 1, epoch"),
                commit("epoch nobody was given", "graph", "3, committed_offset, epoch + 1"),
                new Fault(
                        "lost commit", "delete from stream.commits where sequence = 1 and " + group("chunk"), "groups"),
                new Fault("no commits", "delete from stream.commits where " + group("extract"), "groups"),
                new Fault(
                        "no assignment",
                        "delete from stream.assignments where partition_id = 0 and " + group("stats"),
                        "groups"),
                new Fault(
                        "assignment of no partition",
                        "update stream.assignments set partition_id = 9 where partition_id = 0 and " + group("stats"),
                        "groups"),
                new Fault(
                        "committed once behind the end",
                        "update stream.assignments set high_offset = 1000000 where " + group("chunk"),
                        "groups"));
    }

    private static final String ANY_DOCUMENT =
            "document_id = (select min(document_id::text)::uuid from jobs.documents)";
    private static final String ANY_CHUNK =
            "chunk_id = (select min(chunk_id::text)::uuid from jobs.chunks where overlap > 0)";

    static Stream<Fault> faultsOfChunks() {
        return Stream.of(
                new Fault(
                        "unknown chunk",
                        "update jobs.documents set chunk_ids = chunk_ids || gen_random_uuid() where " + ANY_DOCUMENT,
                        "chunks"),
                new Fault(
                        "chunk twice",
                        "update jobs.documents set chunk_ids = chunk_ids || chunk_ids[1] where " + ANY_DOCUMENT,
                        "chunks"),
                new Fault(
                        "chunk of another document",
                        "update jobs.chunks set document_id = gen_random_uuid() where " + ANY_CHUNK,
                        "chunks"),
                new Fault("lost chunk", "delete from jobs.chunks where " + ANY_CHUNK, "chunks", "effects"),
                new Fault("negative overlap", "update jobs.chunks set overlap = -1 where " + ANY_CHUNK, "chunks"),
                new Fault(
                        "overlap longer than the text",
                        "update jobs.chunks set overlap = char_length(content) + 1 where " + ANY_CHUNK,
                        "chunks"),
                new Fault(
                        "overlap longer than the bytes",
                        "update jobs.chunks set overlap = octet_length(content) + 1 where " + ANY_CHUNK,
                        "chunks"),
                new Fault(
                        "completed, never extracted",
                        "delete from lightrag.chunk_extractions where " + ANY_CHUNK,
                        "chunks",
                        "effects"),
                new Fault("lost extraction", "delete from lightrag.extractions", "chunks"),
                new Fault(
                        "extraction from nowhere",
                        "update lightrag.chunk_extractions set extraction_key = null where extraction_key is not null",
                        "chunks"),
                new Fault(
                        "document without a job",
                        "update jobs.documents set job_id = gen_random_uuid() where " + ANY_DOCUMENT,
                        "chunks"));
    }

    private static Fault job(String name, String assignments) {
        return new Fault(
                name,
                "update jobs.job_status set %s where id = (select min(id::text)::uuid from jobs.job_status)"
                        .formatted(assignments),
                "jobs");
    }

    static Stream<Fault> faultsOfJobs() {
        return Stream.of(
                job("completed with a part of its chunks", "chunks_processed = 1"),
                job("completed without chunks", "chunks_total = null"),
                job("completed at no time", "completed_at = null"),
                job("failed for no reason", "status = 'failed'"),
                job("stuck", "status = 'processing', completed_at = null"),
                job(
                        "queued for ever",
                        "status = 'queued', completed_at = null, chunks_total = null, chunks_processed = 0"),
                new Fault("wrong total", "update jobs.totals set value = value + 1 where workspace = 'other'", "jobs"),
                new Fault("lost total", "delete from jobs.totals where workspace = 'other'", "jobs"));
    }

    /** A relationship that several chunks tell of. */
    private static final String OFTEN_TOLD = """
            (select relationship_id from lightrag.relationship_ends group by 1 having count(*) > 1 order by 1 limit 1)
            """;

    static Stream<Fault> faultsOfEffects() {
        return Stream.of(
                new Fault("doubled mention", """
                        insert into lightrag.relationship_ends
                        select e.entity_id, e.relationship_id, (
                          select x.chunk_id from lightrag.chunk_extractions x
                          where x.chunk_id not in (select n.chunk_id from lightrag.relationship_ends n where n.relationship_id = e.relationship_id)
                          limit 1)
                        from lightrag.relationship_ends e
                        where e.relationship_id = %s limit 1
                        """.formatted(OFTEN_TOLD), "effects"),
                new Fault("lost mention", """
                        delete from lightrag.relationship_ends
                        where (relationship_id, chunk_id) in (
                          select e.relationship_id, e.chunk_id from lightrag.relationship_ends e
                          where e.relationship_id = %s limit 1)
                        """.formatted(OFTEN_TOLD), "effects"),
                new Fault("mention about to take effect twice", """
                        select stream.append(b.topic_id, b.partition_id, gen_random_uuid(), 100, b.keys, b."values", null, 0)
                        from stream.batches b
                        where b.topic_id = (select topic_id from stream.topics where name = 'mentions')
                        order by b.partition_id, b.base_offset
                        limit 1
                        """, "effects"),
                new Fault("unreadable mention", """
                        select stream.append(t.topic_id, 0, gen_random_uuid(), 100, array['k'::bytea], array['no JSON'::bytea], null, 0)
                        from stream.topics t
                        where t.name = 'mentions'
                        """, "effects"),
                new Fault(
                        "mention of an unknown chunk",
                        "update lightrag.relationship_ends set chunk_id = gen_random_uuid() where relationship_id = "
                                + OFTEN_TOLD,
                        "effects"),
                new Fault(
                        "extraction that sent on more",
                        "update lightrag.chunk_extractions set entities = entities + 1 where " + ANY_CHUNK,
                        "effects"));
    }

    private static Fault entity(String name, String assignments, String... found) {
        return new Fault(
                name,
                "update lightrag.entity_state set %s where id = (select min(id::text)::uuid from lightrag.entity_state where in_degree > 0)"
                        .formatted(assignments),
                found);
    }

    static Stream<Fault> faultsOfEntities() {
        return Stream.of(
                entity("wrong evidence of an entity", "evidence = evidence + 1", "entities"),
                entity("wrong mentions of an entity", "mentions = mentions + 1", "entities", "counters"),
                entity("wrong degrees", "out_degree = out_degree + 1, in_degree = in_degree - 1", "entities"),
                entity("wrong degree", "in_degree = in_degree + 1", "entities", "counters", "top"),
                new Fault(
                        "lost entity",
                        "delete from lightrag.entity_state where id = (select target_entity_id from lightrag.relationship_state limit 1)",
                        "entities",
                        "votes",
                        "ends",
                        "counters",
                        "top"),
                new Fault("entity out of nothing", """
                        insert into lightrag.entity_state
                        values (gen_random_uuid(), 'default', '', 0, 'UNKNOWN', 0, null, 0, 0, 0, 0, 0, now(), now())
                        """, "entities", "counters"));
    }

    static Stream<Fault> faultsOfVotes() {
        return Stream.of(
                entity("wrong votes of a winner", "name_votes = name_votes + 1", "votes"),
                entity("description nobody gave", "description = 'Nobody said so'", "votes"),
                new Fault(
                        "type nobody gave",
                        "update lightrag.entity_state set entity_type = 'person' where entity_type = 'UNKNOWN'",
                        "votes",
                        "counters"),
                new Fault(
                        "wrong votes of another",
                        "update lightrag.votes set votes = votes + 1 where votes = 1 and kind = 'name'",
                        "votes"),
                new Fault("lost votes", "delete from lightrag.votes where kind = 'type'", "votes"),
                new Fault("wrong hash", "update lightrag.votes set value_hash = gen_random_uuid()", "votes"),
                new Fault("tie that the wrong one has won", """
                        with tied as (
                          select r.id, r.description, v.value, v.votes
                          from lightrag.relationship_state r
                          join lightrag.votes v on v.subject_id = r.id and v.votes = r.description_votes
                          limit 1
                        ), lost as (
                          update lightrag.votes v
                          set value = t.description, value_hash = md5(t.description)::uuid
                          from tied t
                          where v.subject_id = t.id and v.value = t.value
                        )
                        update lightrag.relationship_state r
                        set description = t.value
                        from tied t
                        where r.id = t.id
                        """, "votes"),
                new Fault("vote for the winner among the others", """
                        insert into lightrag.votes
                        select e.id, 'name', md5(e.name)::uuid, e.name, e.name_votes from lightrag.entity_state e limit 1
                        """, "votes"));
    }

    private static Fault relationship(String name, String assignments, String... found) {
        return new Fault(
                name,
                "update lightrag.relationship_state set %s where id = (select min(id::text)::uuid from lightrag.relationship_state)"
                        .formatted(assignments),
                found);
    }

    static Stream<Fault> faultsOfRelationships() {
        return Stream.of(
                relationship("wrong evidence of a relationship", "evidence = evidence + 1", "relationships"),
                relationship(
                        "wrong mentions of a relationship", "mentions = mentions + 1", "relationships", "counters"),
                relationship("dangling target", "target_entity_id = gen_random_uuid()", "ends"),
                relationship("dangling source", "source_entity_id = gen_random_uuid()", "ends", "entities"),
                relationship("ends in another workspace", "workspace = workspace || '2'", "ends", "counters"),
                new Fault(
                        "lost relationship",
                        "delete from lightrag.relationship_state where id = " + OFTEN_TOLD,
                        "relationships",
                        "votes",
                        "ends",
                        "entities",
                        "counters"),
                new Fault(
                        "target that does not know",
                        "delete from lightrag.relationship_ends where relationship_id = " + OFTEN_TOLD,
                        "ends",
                        "effects",
                        "entities"));
    }

    private static Fault counter(String name, String where, String... found) {
        return new Fault(name, """
                update lightrag.counters set value = value + 1
                where (partition_id, workspace, name, key) in (
                  select partition_id, workspace, name, key from lightrag.counters where %s limit 1)
                """.formatted(where), found);
    }

    static Stream<Fault> faultsOfStatistics() {
        return Stream.of(
                counter("altered degrees", "name = 'degree'", "counters"),
                counter("altered types", "name = 'relationship_type'", "counters"),
                counter("altered total", "name = 'entities'", "counters", "growth"),
                counter("altered mentions", "name = 'entity_mentions'", "counters", "growth"),
                new Fault("lost counter", "delete from lightrag.counters where name = 'entity_type'", "counters"),
                new Fault("change about to count twice", """
                        select stream.append(b.topic_id, b.partition_id, gen_random_uuid(), 100, b.keys, b."values", null, 0)
                        from stream.batches b
                        where b.topic_id = (select topic_id from stream.topics where name = 'changes')
                        limit 1
                        """, "counters"),
                new Fault("unreadable change", """
                        select stream.append(t.topic_id, 0, gen_random_uuid(), 100, array['k'::bytea], array['no JSON'::bytea], null, 0)
                        from stream.topics t
                        where t.name = 'changes'
                        """, "counters"),
                new Fault(
                        "altered minute",
                        "update lightrag.growth set entities = entities + 1 where grain = 'minute'",
                        "growth"),
                new Fault(
                        "altered day",
                        "update lightrag.growth set mentions = mentions - 1 where grain = 'day'",
                        "growth"),
                new Fault("lost hours", "delete from lightrag.growth where grain = 'hour'", "growth"),
                new Fault("altered growth", "update lightrag.growth set relationships = relationships + 1", "growth"),
                new Fault("altered degree in the list", "update lightrag.top_entities set degree = degree + 1", "top"),
                new Fault("outdated name in the list", "update lightrag.top_entities set name = lower(name)", "top"),
                new Fault(
                        "missing in the list",
                        "delete from lightrag.top_entities where degree = (select max(degree) from lightrag.top_entities)",
                        "top"),
                new Fault(
                        "unknown in the list",
                        "insert into lightrag.top_entities values (0, 'default', gen_random_uuid(), 'nobody', 1)",
                        "top"));
    }

    @Test
    void examplesAreBoundedWhileDifferencesAreCounted() throws SQLException {
        try (var statement = planting.createStatement()) {
            statement.execute("update lightrag.entity_state set evidence = 0");
        }

        var check = check(Verification.recount(planting), "entities");

        assertThat(check.differences()).isEqualTo(check.examined()).isGreaterThan(Check.MAX_EXAMPLES);
        assertThat(check.examples()).hasSize(Check.MAX_EXAMPLES).isSorted();
    }

    @Test
    void differenceTellsWhatIsStoredAndWhatWasRecounted() throws SQLException {
        try (var statement = planting.createStatement()) {
            statement.execute("update lightrag.counters set value = 7 where name = 'entities' and workspace = 'other'");
        }

        var check = check(Verification.recount(planting), "counters");

        assertThat(check.examples())
                .singleElement()
                .asString()
                .matches("workspace other: entities +is 14, recounted \\d+");
        assertThat(List.of(check.name(), check.title())).doesNotContain("");
    }
}
