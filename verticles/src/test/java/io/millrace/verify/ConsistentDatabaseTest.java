package io.millrace.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.pg.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nothing is wrong, whatever is still on its way. */
class ConsistentDatabaseTest {

    private final TestDatabase database = TestDatabase.create();
    private Connection connection;

    @BeforeEach
    void connect() throws SQLException {
        connection = database.connect();
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        database.close();
    }

    @Test
    void emptyDatabaseIsClean() throws SQLException {
        var report = Verification.run(connection);

        assertClean(report);
        assertThat(report.checks())
                .extracting(Check::name)
                .doesNotHaveDuplicates()
                .hasSize(12);
        assertThat(report.checks()).extracting(Check::examined).containsOnly(0L);
    }

    @Test
    void databaseIsCleanAfterEachStage() throws SQLException {
        var documents = GraphFixture.on(connection);
        assertClean(Verification.run(connection));
        for (var wave = 0; wave < 2; wave++) {
            documents.accept(10);
            assertClean(Verification.run(connection));
            documents.chunk();
            assertClean(Verification.run(connection));
            documents.extract();
            assertClean(Verification.run(connection));
            documents.fold("0");
            assertClean(Verification.run(connection));
            documents.fold("1");
            assertClean(Verification.run(connection));
            documents.count();
            assertClean(Verification.run(connection));
            documents.sweep();
            assertClean(Verification.run(connection));
        }
    }

    @Test
    void everythingIsExaminedOfACompleteDatabase() throws SQLException {
        GraphFixture.on(connection).complete(20);

        var report = Verification.run(connection);

        assertClean(report);
        assertThat(report.checks())
                .allSatisfy(check -> assertThat(check.examined()).isPositive());
    }

    @Test
    void logThatNobodyReadsIsClean() throws SQLException {
        var documents = GraphFixture.on(connection);
        documents.accept(5);
        documents.chunk();
        documents.extract();
        documents.execute("delete from stream.commits; delete from stream.groups");

        assertClean(Verification.run(connection));
    }

    @Test
    void workToBeDoneAgainAfterASeekIsNoDoubledEffect() throws SQLException {
        var documents = GraphFixture.on(connection).complete(20);
        documents.execute("""
                select stream.seek(a.group_id, a.partition_id, 3)
                from stream.groups g join stream.assignments a on a.group_id = g.group_id
                """);
        assertClean(Verification.run(connection));

        documents.accept(5);
        documents.execute("select stream.seek(g.group_id, 0, 5) from stream.groups g where g.name = 'chunk'");

        assertClean(Verification.run(connection));
    }

    @Test
    void mentionInTheDeadLetterTopicIsAccountedFor() throws SQLException {
        var documents = GraphFixture.on(connection);
        documents.accept(20);
        documents.chunk();
        documents.extract();
        documents.execute("""
                select stream.append(t.topic_id, 0, gen_random_uuid(), 100, array[r.key], array[r.value], null, 0)
                from stream.topics t, (
                  select r.* from stream.records r
                  where r.topic = 'mentions' and convert_from(r.value, 'UTF8') like '%Entity 1"%' limit 1) r
                where t.name = 'mentions.dead-letters'
                """);
        documents.fold();
        documents.count();

        assertClean(Verification.run(connection));
    }

    @Test
    void jobThatRepeatsAnUnendedOneIsOnItsWay() throws SQLException {
        var documents = GraphFixture.on(connection);
        documents.accept(2);
        documents.execute("""
                insert into jobs.job_status (id, workspace, job_type, source_uri, document_id, fingerprint, follows)
                select gen_random_uuid(), j.workspace, j.job_type, j.source_uri, j.document_id, j.fingerprint, j.id
                from jobs.job_status j
                """);

        assertClean(Verification.run(connection));
    }

    @Test
    void connectionIsLeftAsItWas() throws SQLException {
        var memory = workMemory();

        Verification.run(connection);

        assertThat(connection.getAutoCommit()).isTrue();
        assertThat(connection.isReadOnly()).isFalse();
        assertThat(connection.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_READ_COMMITTED);
        assertThat(workMemory()).isEqualTo(memory);
    }

    private String workMemory() throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("show work_mem")) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static void assertClean(Report report) {
        assertThat(report.checks().stream().flatMap(check -> check.examples().stream()))
                .isEmpty();
        assertThat(report.clean()).isTrue();
    }
}
