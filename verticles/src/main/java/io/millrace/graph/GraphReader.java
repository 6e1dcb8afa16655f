package io.millrace.graph;

import io.millrace.extract.Confidence;
import io.millrace.pg.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads the graph for people: search, and one entity with what stands around it. */
public final class GraphReader {

    private final Database database;

    public GraphReader(Database database) {
        this.database = database;
    }

    /** An entity as a search shows it; {@code score} tells how well the name fits, 0 to 1. */
    public record EntityView(
            UUID id,
            String name,
            String entityType,
            @Nullable String description,
            double confidence,
            long mentions,
            int degree,
            double score,
            Instant createdAt,
            Instant updatedAt) {}

    /** A relationship as seen from one of its ends. */
    public record RelationshipView(
            UUID id,
            String direction,
            String relationshipType,
            UUID otherId,
            @Nullable String otherName,
            @Nullable String otherType,
            @Nullable String description,
            double confidence,
            long mentions) {}

    /** A chunk that mentions an entity. */
    public record SourceView(UUID chunkId, UUID documentId, String sourceUri, UUID jobId, int occurrences) {}

    private static final String LIST = """
            select id, name, entity_type, description, evidence, mentions, in_degree + out_degree, 1.0::float8, created_at, updated_at
            from lightrag.entity_state
            where workspace = $1 and ($2::text is null or entity_type = $2)
            order by name, id
            limit $3
            """;

    private static final String SEARCH = """
            select id, name, entity_type, description, evidence, mentions, in_degree + out_degree,
              greatest(public.similarity(name, $2), public.word_similarity($2, name))::float8 as score, created_at, updated_at
            from lightrag.entity_state
            where workspace = $1
              and ($3::text is null or entity_type = $3)
              and (name operator(public.%) $2 or $2 operator(public.<%) name or name ilike $4)
            order by (lower(name) = lower($2)) desc, score desc, mentions desc, id
            limit $5
            """;

    /** Entities whose name is like {@code q}, the best first; without {@code q}, by name. */
    public Future<List<EntityView>> search(String workspace, @Nullable String q, @Nullable String type, int limit) {
        return q == null
                ? database.list(LIST, Tuple.of(workspace, type, limit), GraphReader::entity)
                : database.list(SEARCH, Tuple.of(workspace, q, type, contains(q), limit), GraphReader::entity);
    }

    private static String contains(String q) {
        return "%" + q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
    }

    private static final String FIND = """
            select id, name, entity_type, description, evidence, mentions, in_degree + out_degree, 1.0::float8, created_at, updated_at
            from lightrag.entity_state
            where workspace = $1 and id = $2
            """;

    /** At most one. */
    public Future<List<EntityView>> find(String workspace, UUID id) {
        return database.list(FIND, Tuple.of(workspace, id), GraphReader::entity);
    }

    private static final String RELATIONSHIPS = """
            (select r.id, 'out', r.relationship_type, r.target_entity_id, e.name, e.entity_type, r.description, r.evidence, r.mentions
             from lightrag.relationship_state r
             left join lightrag.entity_state e on e.id = r.target_entity_id
             where r.source_entity_id = $1
             order by r.mentions desc, r.id
             limit $2)
            union all
            (select r.id, 'in', r.relationship_type, r.source_entity_id, e.name, e.entity_type, r.description, r.evidence, r.mentions
             from lightrag.relationship_state r
             left join lightrag.entity_state e on e.id = r.source_entity_id
             where r.target_entity_id = $1
             order by r.mentions desc, r.id
             limit $2)
            """;

    /** Relationships out of and into an entity, at most {@code limit} each way, the most often told first. */
    public Future<List<RelationshipView>> relationships(UUID entityId, int limit) {
        return database.list(
                RELATIONSHIPS,
                Tuple.of(entityId, limit),
                row -> new RelationshipView(
                        row.getUUID(0),
                        row.getString(1),
                        row.getString(2),
                        row.getUUID(3),
                        row.getString(4),
                        row.getString(5),
                        row.getString(6),
                        confidence(row.getLong(7)),
                        row.getLong(8)));
    }

    private static final String SOURCES = """
            select m.chunk_id, c.document_id, d.source_uri, c.job_id, m.occurrences
            from lightrag.entity_mentions m
            join jobs.chunks c on c.chunk_id = m.chunk_id
            join jobs.documents d on d.document_id = c.document_id
            where m.entity_id = $1
            limit $2
            """;

    /** Chunks that mention an entity, at most {@code limit} of them. */
    public Future<List<SourceView>> sources(UUID entityId, int limit) {
        return database.list(
                SOURCES,
                Tuple.of(entityId, limit),
                row -> new SourceView(
                        row.getUUID(0), row.getUUID(1), row.getString(2), row.getUUID(3), row.getInteger(4)));
    }

    static EntityView entity(Row row) {
        return new EntityView(
                row.getUUID(0),
                row.getString(1),
                row.getString(2),
                row.getString(3),
                confidence(row.getLong(4)),
                row.getLong(5),
                row.getInteger(6),
                row.getDouble(7),
                row.getOffsetDateTime(8).toInstant(),
                row.getOffsetDateTime(9).toInstant());
    }

    static double confidence(long evidence) {
        return Math.round(Confidence.of(evidence) * 100) / 100.0;
    }
}
