package io.millrace.pg;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every migration must keep to, and the names that people's own queries rely on. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SchemaRulesTest {

    private final TestDatabase database = TestDatabase.create();
    private Connection connection;

    @BeforeAll
    void connect() throws SQLException {
        connection = database.connect();
    }

    @AfterAll
    void close() throws SQLException {
        connection.close();
        database.close();
    }

    private static final String WITHOUT_COMMENT = """
            select 'schema ' || n.nspname
            from pg_namespace n
            where n.nspname !~ '^(pg_|information_schema$|public$)' and obj_description(n.oid, 'pg_namespace') is null
            union all
            select 'relation ' || c.oid::regclass
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            where n.nspname !~ '^(pg_|information_schema$|public$)' and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition and obj_description(c.oid, 'pg_class') is null
            union all
            select 'function ' || p.oid::regprocedure
            from pg_proc p
            join pg_namespace n on n.oid = p.pronamespace
            where n.nspname !~ '^(pg_|information_schema$|public$)' and obj_description(p.oid, 'pg_proc') is null
            """;

    @Test
    void everySchemaTableViewAndFunctionSaysWhatItIsFor() throws SQLException {
        assertThat(strings(WITHOUT_COMMENT)).isEmpty();

        try (var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("create view jobs.planted as select 1 as one");
            assertThat(strings(WITHOUT_COMMENT)).containsExactly("relation jobs.planted");
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    private static final String UNNAMED = """
            select c.conrelid::regclass || ' ' || c.conname
            from pg_constraint c
            join pg_namespace n on n.oid = c.connamespace
            join pg_class t on t.oid = c.conrelid
            where n.nspname !~ '^(pg_|information_schema$|public$)' and c.contype <> 'n' and not t.relispartition
              and c.conname !~ ('^' || t.relname || '_([a-z_]+_)?(pkey|key|check|fkey)$')
            """;

    @Test
    void constraintsAreNamedAfterTheirTableAndKind() throws SQLException {
        assertThat(strings(UNNAMED)).isEmpty();
    }

    private static final String WRITERS_FOR_ALL = """
            select p.oid::regprocedure::text
            from pg_proc p
            join pg_namespace n on n.oid = p.pronamespace
            where n.nspname !~ '^(pg_|information_schema$|public$)' and (p.provolatile = 'v' or p.prosecdef) and has_function_privilege('public', p.oid, 'execute')
            """;

    @Test
    void functionsThatWriteAreNotForEverybody() throws SQLException {
        assertThat(strings(WRITERS_FOR_ALL)).isEmpty();
    }

    private static final String UNSAFE_DEFINERS = """
            select p.oid::regprocedure::text
            from pg_proc p
            join pg_namespace n on n.oid = p.pronamespace
            where n.nspname !~ '^(pg_|information_schema$|public$)' and p.prosecdef and not coalesce(p.proconfig @> array['search_path=pg_catalog, pg_temp'], false)
            """;

    @Test
    void functionsWithTheOwnersRightsFixTheirSearchPath() throws SQLException {
        assertThat(strings(UNSAFE_DEFINERS)).isEmpty();
    }

    /** Other people's SQL selects these; more columns may come, none of these may go or change its type. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            jobs.job_status         | id uuid, job_type text, status text, chunks_total integer, chunks_processed integer, created_at timestamp with time zone, started_at timestamp with time zone, completed_at timestamp with time zone, metadata jsonb, error_message text
            jobs.job_results        | id uuid, job_id uuid, chunk_id uuid, source_uri text, content text, entities_extracted integer, created_at timestamp with time zone, metadata jsonb
            lightrag.entities       | id uuid, name text, entity_type text, description text, confidence numeric, source_chunks jsonb, metadata jsonb, created_at timestamp with time zone, updated_at timestamp with time zone
            lightrag.relationships  | id uuid, source_entity_id uuid, target_entity_id uuid, relationship_type text, description text, confidence numeric, source_chunks jsonb, metadata jsonb, created_at timestamp with time zone
            lightrag.graph_metadata | id uuid, entity_count bigint, relationship_count bigint, last_updated timestamp with time zone, statistics jsonb
            events.events           | id bigint, occurred_at timestamp with time zone, kind text, subject text, workspace text, data jsonb
            """)
    void namesThatOthersRelyOnAreThere(String relation, String columns) throws SQLException {
        assertThat(strings("""
                        select format('%%I %%s', a.attname, format_type(a.atttypid, a.atttypmod))
                        from pg_attribute a
                        where a.attrelid = '%s'::regclass and a.attnum > 0 and not a.attisdropped
                        """.formatted(relation))).contains(columns.split(", ", -1));
        assertThat(strings("select count(*) from " + relation)).containsExactly("0");
    }

    private List<String> strings(String query) throws SQLException {
        var strings = new ArrayList<String>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            while (rows.next()) {
                strings.add(rows.getString(1));
            }
        }
        return strings;
    }
}
