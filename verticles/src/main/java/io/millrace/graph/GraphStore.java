package io.millrace.graph;

import static io.millrace.pg.Columns.ints;
import static io.millrace.pg.Columns.longs;
import static io.millrace.pg.Columns.texts;
import static io.millrace.pg.Columns.times;
import static io.millrace.pg.Columns.uuids;

import io.millrace.extract.Mention;
import io.millrace.stream.Write;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads and writes the graph's rows, a statement a table whatever the size of the batch. */
final class GraphStore {

    private GraphStore() {}

    /** What is stored about mentions; with {@code again} also which of them were folded before. */
    static Future<GraphState> load(SqlClient database, List<Mention> mentions, boolean again) {
        var entities = loadEntities(database, mentions);
        var relationships = loadRelationships(database, mentions);
        var ends = loadEnds(database, mentions);
        var folded = again ? loadFolded(database, mentions) : Future.succeededFuture(Set.<GraphState.Contribution>of());
        return Future.all(entities, relationships, ends, folded)
                .compose(all -> loadVotes(database, contested(mentions, entities.result(), relationships.result())))
                .map(votes -> new GraphState(
                        entities.result(), relationships.result(), ends.result(), votes, folded.result()));
    }

    private static final String LOAD_ENTITIES = """
            select id, workspace, name, name_votes, entity_type, type_votes, description, description_votes, mentions, evidence,
              out_degree, in_degree, created_at, updated_at
            from lightrag.entity_state
            where id = any ($1)
            """;

    private static Future<Map<UUID, Entity>> loadEntities(SqlClient database, List<Mention> mentions) {
        var ids = mentions.stream().map(Mention::owner).distinct().toArray(UUID[]::new);
        return query(database, LOAD_ENTITIES, Tuple.of(ids)).map(rows -> {
            var entities = new HashMap<UUID, Entity>();
            for (var row : rows) {
                var id = row.getUUID(0);
                var typeVotes = row.getLong(5);
                entities.put(
                        id,
                        new Entity(
                                id,
                                row.getString(1),
                                new Ballot(
                                        id,
                                        Ballot.Kind.NAME,
                                        row.getLong(3) == 0 ? null : row.getString(2),
                                        row.getLong(3)),
                                new Ballot(id, Ballot.Kind.TYPE, typeVotes == 0 ? null : row.getString(4), typeVotes),
                                new Ballot(id, Ballot.Kind.DESCRIPTION, row.getString(6), row.getLong(7)),
                                false,
                                row.getLong(8),
                                row.getLong(9),
                                row.getInteger(10),
                                row.getInteger(11),
                                row.getOffsetDateTime(12).toInstant(),
                                row.getOffsetDateTime(13).toInstant()));
            }
            return entities;
        });
    }

    private static final String LOAD_RELATIONSHIPS = """
            select id, workspace, source_entity_id, target_entity_id, relationship_type, description, description_votes, mentions,
              evidence, created_at, updated_at
            from lightrag.relationship_state
            where id = any ($1)
            """;

    private static Future<Map<UUID, Relationship>> loadRelationships(SqlClient database, List<Mention> mentions) {
        var ids = of(mentions, Mention.OfRelationship.class)
                .map(Mention.OfRelationship::relationshipId)
                .distinct()
                .toArray(UUID[]::new);
        if (ids.length == 0) {
            return Future.succeededFuture(Map.of());
        }
        return query(database, LOAD_RELATIONSHIPS, Tuple.of(ids)).map(rows -> {
            var relationships = new HashMap<UUID, Relationship>();
            for (var row : rows) {
                var id = row.getUUID(0);
                relationships.put(
                        id,
                        new Relationship(
                                id,
                                row.getString(1),
                                row.getUUID(2),
                                row.getUUID(3),
                                row.getString(4),
                                new Ballot(id, Ballot.Kind.DESCRIPTION, row.getString(5), row.getLong(6)),
                                false,
                                row.getLong(7),
                                row.getLong(8),
                                row.getOffsetDateTime(9).toInstant(),
                                row.getOffsetDateTime(10).toInstant()));
            }
            return relationships;
        });
    }

    private static final String LOAD_ENDS = """
            select w.entity_id, w.relationship_id
            from unnest($1::uuid[], $2::uuid[]) w (entity_id, relationship_id)
            where exists (
              select from lightrag.relationship_ends e
              where e.entity_id = w.entity_id and e.relationship_id = w.relationship_id)
            """;

    private static Future<Set<GraphState.End>> loadEnds(SqlClient database, List<Mention> mentions) {
        var wanted = new LinkedHashSet<GraphState.End>();
        of(mentions, Mention.OfEnd.class)
                .forEach(end -> wanted.add(new GraphState.End(end.targetId(), end.relationshipId())));
        if (wanted.isEmpty()) {
            return Future.succeededFuture(Set.of());
        }
        var parameters = Tuple.of(
                uuids(wanted, GraphState.End::entityId), (Object) uuids(wanted, GraphState.End::relationshipId));
        return query(database, LOAD_ENDS, parameters).map(rows -> {
            var ends = new HashSet<GraphState.End>();
            rows.forEach(row -> ends.add(new GraphState.End(row.getUUID(0), row.getUUID(1))));
            return ends;
        });
    }

    private static final String LOAD_FOLDED = """
            select m.entity_id, m.chunk_id, false
            from lightrag.entity_mentions m
            where (m.entity_id, m.chunk_id) in (select * from unnest($1::uuid[], $2::uuid[]))
            union all
            select m.relationship_id, m.chunk_id, false
            from lightrag.relationship_mentions m
            where (m.relationship_id, m.chunk_id) in (select * from unnest($3::uuid[], $4::uuid[]))
            union all
            select e.relationship_id, e.chunk_id, true
            from lightrag.relationship_ends e
            where (e.entity_id, e.relationship_id, e.chunk_id) in (select * from unnest($5::uuid[], $6::uuid[], $7::uuid[]))
            """;

    private static Future<Set<GraphState.Contribution>> loadFolded(SqlClient database, List<Mention> mentions) {
        var entities = of(mentions, Mention.OfEntity.class).toList();
        var relationships = of(mentions, Mention.OfRelationship.class).toList();
        var ends = of(mentions, Mention.OfEnd.class).toList();
        var parameters = Tuple.tuple(List.of(
                uuids(entities, Mention.OfEntity::entityId),
                uuids(entities, Mention::chunkId),
                uuids(relationships, Mention.OfRelationship::relationshipId),
                uuids(relationships, Mention::chunkId),
                uuids(ends, Mention.OfEnd::targetId),
                uuids(ends, Mention.OfEnd::relationshipId),
                uuids(ends, Mention::chunkId)));
        return query(database, LOAD_FOLDED, parameters).map(rows -> {
            var folded = new HashSet<GraphState.Contribution>();
            rows.forEach(
                    row -> folded.add(new GraphState.Contribution(row.getUUID(0), row.getUUID(1), row.getBoolean(2))));
            return folded;
        });
    }

    /** Values that the batch votes for and that do not win now: only their rows are needed, and mostly there are none. */
    private static Set<Ballot.Key> contested(
            List<Mention> mentions, Map<UUID, Entity> entities, Map<UUID, Relationship> relationships) {
        var keys = new LinkedHashSet<Ballot.Key>();
        of(mentions, Mention.OfEntity.class).forEach(mention -> {
            var entity = entities.get(mention.entityId());
            if (entity != null) {
                contest(keys, entity.id, Ballot.Kind.NAME, entity.names, mention.name());
                contest(keys, entity.id, Ballot.Kind.TYPE, entity.types, mention.type());
                contest(keys, entity.id, Ballot.Kind.DESCRIPTION, entity.descriptions, mention.description());
            }
        });
        of(mentions, Mention.OfRelationship.class).forEach(mention -> {
            var relationship = relationships.get(mention.relationshipId());
            if (relationship != null) {
                contest(
                        keys,
                        relationship.id,
                        Ballot.Kind.DESCRIPTION,
                        relationship.descriptions,
                        mention.description());
            }
        });
        return keys;
    }

    private static void contest(
            Set<Ballot.Key> keys, UUID subjectId, Ballot.Kind kind, Ballot ballot, @Nullable String value) {
        if (value != null && ballot.winner() != null && !value.equals(ballot.winner())) {
            keys.add(Ballot.Key.of(subjectId, kind, value));
        }
    }

    private static final String LOAD_VOTES = """
            select v.subject_id, v.kind, v.value_hash, v.votes
            from lightrag.votes v
            where (v.subject_id, v.kind, v.value_hash) in (select * from unnest($1::uuid[], $2::text[], $3::uuid[]))
            """;

    private static Future<Map<Ballot.Key, Long>> loadVotes(SqlClient database, Set<Ballot.Key> keys) {
        if (keys.isEmpty()) {
            return Future.succeededFuture(Map.of());
        }
        var parameters = Tuple.of(
                uuids(keys, Ballot.Key::subjectId),
                texts(keys, key -> key.kind().label()),
                uuids(keys, Ballot.Key::valueHash));
        return query(database, LOAD_VOTES, parameters).map(rows -> {
            var votes = new HashMap<Ballot.Key, Long>();
            for (var row : rows) {
                var kind = Stream.of(Ballot.Kind.values())
                        .filter(candidate -> candidate.label().equals(row.getString(1)))
                        .findFirst()
                        .orElseThrow();
                votes.put(new Ballot.Key(row.getUUID(0), kind, row.getUUID(2)), row.getLong(3));
            }
            return votes;
        });
    }

    static List<Write> save(GraphFold.Folded folded) {
        var writes = new ArrayList<Write>();
        add(writes, folded.entityMentions(), GraphStore::insertEntityMentions);
        add(writes, folded.relationshipMentions(), GraphStore::insertRelationshipMentions);
        add(writes, folded.endMentions(), GraphStore::insertRelationshipEnds);
        add(writes, folded.entities(), GraphStore::upsertEntities);
        add(writes, folded.relationships(), GraphStore::upsertRelationships);
        var others = new ArrayList<Ballot.Other>();
        folded.entities()
                .forEach(entity ->
                        entity.ballots().forEach(ballot -> ballot.touched().forEach(others::add)));
        folded.relationships()
                .forEach(relationship -> relationship.descriptions.touched().forEach(others::add));
        add(writes, others.stream().filter(other -> other.votes() > 0).toList(), GraphStore::upsertVotes);
        add(writes, others.stream().filter(other -> other.votes() == 0).toList(), GraphStore::deleteVotes);
        return writes;
    }

    private static <T> void add(List<Write> writes, List<T> rows, Function<List<T>, Write> write) {
        if (!rows.isEmpty()) {
            writes.add(write.apply(rows));
        }
    }

    private static final String INSERT_ENTITY_MENTIONS = """
            insert into lightrag.entity_mentions (entity_id, chunk_id, name, entity_type, description, evidence, occurrences)
            select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[])
            """;

    private static Write insertEntityMentions(List<Mention.OfEntity> rows) {
        return Write.rows(
                INSERT_ENTITY_MENTIONS,
                Tuple.tuple(arrays(
                        uuids(rows, Mention.OfEntity::entityId),
                        uuids(rows, Mention::chunkId),
                        texts(rows, Mention.OfEntity::name),
                        texts(rows, Mention.OfEntity::type),
                        texts(rows, Mention.OfEntity::description),
                        ints(rows, Mention.OfEntity::evidence),
                        ints(rows, Mention.OfEntity::occurrences))));
    }

    private static final String INSERT_RELATIONSHIP_MENTIONS = """
            insert into lightrag.relationship_mentions (relationship_id, chunk_id, description, evidence)
            select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[])
            """;

    private static Write insertRelationshipMentions(List<Mention.OfRelationship> rows) {
        return Write.rows(
                INSERT_RELATIONSHIP_MENTIONS,
                Tuple.tuple(arrays(
                        uuids(rows, Mention.OfRelationship::relationshipId),
                        uuids(rows, Mention::chunkId),
                        texts(rows, Mention.OfRelationship::description),
                        ints(rows, Mention.OfRelationship::evidence))));
    }

    private static final String INSERT_RELATIONSHIP_ENDS = """
            insert into lightrag.relationship_ends (entity_id, relationship_id, chunk_id)
            select * from unnest($1::uuid[], $2::uuid[], $3::uuid[])
            """;

    private static Write insertRelationshipEnds(List<Mention.OfEnd> rows) {
        return Write.rows(
                INSERT_RELATIONSHIP_ENDS,
                Tuple.tuple(arrays(
                        uuids(rows, Mention.OfEnd::targetId),
                        uuids(rows, Mention.OfEnd::relationshipId),
                        uuids(rows, Mention::chunkId))));
    }

    private static final String UPSERT_ENTITIES = """
            insert into lightrag.entity_state (
              id, workspace, name, name_votes, entity_type, type_votes, description, description_votes, mentions, evidence,
              out_degree, in_degree, created_at, updated_at)
            select * from unnest(
              $1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::bigint[], $9::bigint[],
              $10::bigint[], $11::int[], $12::int[], $13::timestamptz[], $14::timestamptz[])
            on conflict (id) do update
            set name = excluded.name, name_votes = excluded.name_votes, entity_type = excluded.entity_type,
                type_votes = excluded.type_votes, description = excluded.description,
                description_votes = excluded.description_votes, mentions = excluded.mentions, evidence = excluded.evidence,
                out_degree = excluded.out_degree, in_degree = excluded.in_degree, created_at = excluded.created_at,
                updated_at = excluded.updated_at
            """;

    private static Write upsertEntities(List<Entity> rows) {
        return Write.rows(
                UPSERT_ENTITIES,
                Tuple.tuple(arrays(
                        uuids(rows, entity -> entity.id),
                        texts(rows, entity -> entity.workspace),
                        texts(rows, Entity::name),
                        longs(rows, entity -> entity.names.winnerVotes()),
                        texts(rows, Entity::type),
                        longs(rows, entity -> entity.types.winnerVotes()),
                        texts(rows, entity -> entity.descriptions.winner()),
                        longs(rows, entity -> entity.descriptions.winnerVotes()),
                        longs(rows, entity -> entity.mentions),
                        longs(rows, entity -> entity.evidence),
                        ints(rows, entity -> entity.outDegree),
                        ints(rows, entity -> entity.inDegree),
                        times(rows, entity -> entity.createdAt),
                        times(rows, entity -> entity.updatedAt))));
    }

    private static final String UPSERT_RELATIONSHIPS = """
            insert into lightrag.relationship_state (
              id, workspace, source_entity_id, target_entity_id, relationship_type, description, description_votes, mentions,
              evidence, created_at, updated_at)
            select * from unnest(
              $1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[],
              $10::timestamptz[], $11::timestamptz[])
            on conflict (id) do update
            set description = excluded.description, description_votes = excluded.description_votes,
                mentions = excluded.mentions, evidence = excluded.evidence, created_at = excluded.created_at,
                updated_at = excluded.updated_at
            """;

    private static Write upsertRelationships(List<Relationship> rows) {
        return Write.rows(
                UPSERT_RELATIONSHIPS,
                Tuple.tuple(arrays(
                        uuids(rows, relationship -> relationship.id),
                        texts(rows, relationship -> relationship.workspace),
                        uuids(rows, relationship -> relationship.sourceId),
                        uuids(rows, relationship -> relationship.targetId),
                        texts(rows, relationship -> relationship.type),
                        texts(rows, relationship -> relationship.descriptions.winner()),
                        longs(rows, relationship -> relationship.descriptions.winnerVotes()),
                        longs(rows, relationship -> relationship.mentions),
                        longs(rows, relationship -> relationship.evidence),
                        times(rows, relationship -> relationship.createdAt),
                        times(rows, relationship -> relationship.updatedAt))));
    }

    private static final String UPSERT_VOTES = """
            insert into lightrag.votes (subject_id, kind, value_hash, value, votes)
            select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::bigint[])
            on conflict (subject_id, kind, value_hash) do update
            set votes = excluded.votes
            """;

    private static Write upsertVotes(List<Ballot.Other> rows) {
        return Write.rows(
                UPSERT_VOTES,
                Tuple.tuple(arrays(
                        uuids(rows, other -> other.key().subjectId()),
                        texts(rows, other -> other.key().kind().label()),
                        uuids(rows, other -> other.key().valueHash()),
                        texts(rows, Ballot.Other::value),
                        longs(rows, Ballot.Other::votes))));
    }

    private static final String DELETE_VOTES = """
            delete from lightrag.votes
            where (subject_id, kind, value_hash) in (select * from unnest($1::uuid[], $2::text[], $3::uuid[]))
            """;

    private static Write deleteVotes(List<Ballot.Other> rows) {
        return Write.rows(
                DELETE_VOTES,
                Tuple.tuple(arrays(
                        uuids(rows, other -> other.key().subjectId()),
                        texts(rows, other -> other.key().kind().label()),
                        uuids(rows, other -> other.key().valueHash()))));
    }

    private static <M extends Mention> Stream<M> of(List<Mention> mentions, Class<M> kind) {
        return mentions.stream().filter(kind::isInstance).map(kind::cast);
    }

    private static List<Object> arrays(Object... columns) {
        return List.of(columns);
    }

    private static Future<RowSet<Row>> query(SqlClient database, String sql, Tuple parameters) {
        return database.preparedQuery(sql).execute(parameters);
    }
}
