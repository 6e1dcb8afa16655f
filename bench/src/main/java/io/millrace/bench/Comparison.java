package io.millrace.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Checks that flow and mock left the same behind, since a mock that writes less would only look fast. */
final class Comparison {

    /** Tables whose rows depend on the documents alone, and the log's records instead of its rows. */
    private static final List<String> COUNTED = List.of(
            "jobs.job_status where status = 'completed'",
            "jobs.documents",
            "jobs.document_versions",
            "jobs.chunks",
            "jobs.progress",
            "lightrag.extractions",
            "lightrag.chunk_extractions",
            "lightrag.entity_mentions",
            "lightrag.relationship_mentions",
            "lightrag.relationship_ends",
            "lightrag.entity_state",
            "lightrag.relationship_state",
            "lightrag.votes",
            "lightrag.counters",
            "stream.records");

    private Comparison() {}

    /** Rows by table. */
    static Map<String, Long> rows(Connection connection) throws SQLException {
        var rows = new LinkedHashMap<String, Long>();
        for (var table : COUNTED) {
            var count = table.equals("stream.records")
                    ? "select sum(record_count) from stream.batches"
                    : "select count(*) from " + table;
            rows.put(table, Sql.number(connection, count));
        }
        return rows;
    }

    static void requireSame(Map<String, Long> flow, Map<String, Long> mock) {
        flow.forEach((table, rows) -> {
            if (!rows.equals(mock.get(table))) {
                throw new IllegalStateException(
                        "the flow left %d rows in %s, the mock %d".formatted(rows, table, mock.get(table)));
            }
        });
    }
}
