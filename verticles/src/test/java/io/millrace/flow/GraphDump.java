package io.millrace.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that documents come to, as sorted lines: the graph, the mentions behind it, the chunks and the statistics. Without
 * times, jobs, offsets and partitions, which tell how it came to be.
 */
final class GraphDump {

    private static final Map<String, String> QUERIES = new TreeMap<>(Map.of(
            "document",
            """
            select d.workspace, d.source_uri, d.content_type, d.title, d.chunk_ids, encode(d.fingerprint, 'hex')
            from jobs.documents d
            """,
            "chunk",
            """
            select c.document_id, c.chunk_id, c.overlap, c.content, c.supplied, x.extraction_key, x.entities, x.relationships
            from jobs.chunks c
            left join lightrag.chunk_extractions x on x.chunk_id = c.chunk_id
            """,
            "entity",
            """
            select e.id, e.workspace, e.name, e.entity_type, e.description, e.confidence, e.source_chunks, e.mentions, e.degree,
              s.name_votes, s.type_votes, s.description_votes, s.evidence, s.in_degree, s.out_degree
            from lightrag.entities e
            join lightrag.entity_state s on s.id = e.id
            """,
            "relationship",
            """
            select r.id, r.workspace, r.source_entity_id, r.target_entity_id, r.relationship_type, r.description, r.confidence,
              r.source_chunks, r.mentions, s.description_votes, s.evidence
            from lightrag.relationships r
            join lightrag.relationship_state s on s.id = r.id
            """,
            "vote",
            "select subject_id, kind, value_hash, value, votes from lightrag.votes",
            "entity mention",
            "select entity_id, chunk_id, name, entity_type, description, evidence, occurrences from lightrag.entity_mentions",
            "relationship mention",
            "select relationship_id, chunk_id, description, evidence from lightrag.relationship_mentions",
            "relationship end",
            "select entity_id, relationship_id, chunk_id from lightrag.relationship_ends",
            "statistics",
            "select workspace, entity_count, relationship_count, statistics from lightrag.current_statistics",
            "growth",
            """
            select workspace, grain, sum(entities), sum(relationships), sum(mentions)
            from lightrag.growth
            group by workspace, grain
            """));

    private GraphDump() {}

    static List<String> of(Rows rows) {
        var dump = new ArrayList<String>();
        QUERIES.forEach((kind, query) ->
                rows.list(query).stream().map(row -> kind + ": " + row).sorted().forEach(dump::add));
        return dump;
    }
}
