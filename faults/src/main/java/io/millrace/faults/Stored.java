package io.millrace.faults;

import java.util.Map;

/** Queries that give what is stored as lines, by what the lines are about: the same lines that {@link Expected} computes. */
final class Stored {

    private Stored() {}

    /** What each stage did: once for each thing it was to do it for. */
    static final Map<String, String> EFFECTS = Map.of(
            "records",
            "select job_id from faults.records",
            "echoes",
            "select job_id from faults.echoes",
            "chunked",
            """
            select convert_from(r.value, 'UTF8')::json ->> 'job' from stream.records r where r.topic = 'chunks'
            """,
            "mention records",
            """
            select d.source_uri, c.content, e.name
            from stream.records r
            left join jobs.chunks c on c.chunk_id = (convert_from(r.value, 'UTF8')::json ->> 'chunk')::uuid
            left join jobs.documents d on d.document_id = c.document_id
            left join lightrag.entity_state e on e.id = right(convert_from(r.key, 'UTF8'), 36)::uuid
            where r.topic = 'mentions'
            """,
            "extracted",
            """
            select d.source_uri, c.content, x.entities, x.relationships
            from jobs.chunks c
            join jobs.documents d on d.document_id = c.document_id
            left join lightrag.chunk_extractions x on x.chunk_id = c.chunk_id
            """,
            "versions",
            """
            select d.source_uri, count(*)
            from jobs.document_versions v
            left join jobs.documents d on d.document_id = v.document_id
            group by d.source_uri
            """);

    /** What the graph is made of. */
    static final Map<String, String> GRAPH = Map.of(
            "document",
            """
            select d.source_uri, c.content
            from jobs.documents d
            left join jobs.chunks c on c.chunk_id = any (d.chunk_ids)
            """,
            "entity mention",
            """
            select d.source_uri, c.content, m.name, m.entity_type
            from lightrag.entity_mentions m
            left join jobs.chunks c on c.chunk_id = m.chunk_id
            left join jobs.documents d on d.document_id = c.document_id
            """,
            "relationship mention",
            """
            select d.source_uri, c.content, s.name, r.relationship_type, t.name
            from lightrag.relationship_mentions m
            left join lightrag.relationship_state r on r.id = m.relationship_id
            left join lightrag.entity_state s on s.id = r.source_entity_id
            left join lightrag.entity_state t on t.id = r.target_entity_id
            left join jobs.chunks c on c.chunk_id = m.chunk_id
            left join jobs.documents d on d.document_id = c.document_id
            """,
            "entity",
            "select name, entity_type, mentions, out_degree, in_degree from lightrag.entity_state",
            "relationship",
            """
            select s.name, r.relationship_type, t.name, r.mentions
            from lightrag.relationship_state r
            left join lightrag.entity_state s on s.id = r.source_entity_id
            left join lightrag.entity_state t on t.id = r.target_entity_id
            """);
}
