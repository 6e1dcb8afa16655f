package io.millrace.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.graph.GraphExport.ExportedEntity;
import io.millrace.graph.GraphExport.ExportedRelationship;
import io.millrace.pg.Database;
import io.millrace.pg.DatabaseSettings.PoolSettings;
import io.millrace.pg.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The walk over a whole graph: complete, and of one moment. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GraphExportTest {

    private final Vertx vertx = Vertx.vertx();
    private TestDatabase server;
    private Database database;

    @BeforeAll
    void open() {
        server = TestDatabase.create();
        database = new Database(vertx, server.settings());
    }

    @AfterAll
    void close() throws Exception {
        done(database.close());
        done(vertx.close());
        server.close();
    }

    private static final class Collected implements GraphExport.Sink {
        private final List<ExportedEntity> entities = new ArrayList<>();
        private final List<ExportedRelationship> relationships = new ArrayList<>();
        private int pages;
        private final Runnable afterFirstPage;

        Collected(Runnable afterFirstPage) {
            this.afterFirstPage = afterFirstPage;
        }

        @Override
        public Future<Void> entities(List<ExportedEntity> page) {
            entities.addAll(page);
            return pages++ == 0 ? aside() : Future.succeededFuture();
        }

        private Future<Void> aside() {
            return Vertx.currentContext().owner().executeBlocking(() -> {
                afterFirstPage.run();
                return null;
            });
        }

        @Override
        public Future<Void> relationships(List<ExportedRelationship> page) {
            relationships.addAll(page);
            return Future.succeededFuture();
        }
    }

    @Test
    void whatComesMeanwhileIsNotInIt() throws Exception {
        grow("moving", 2_500);
        grow("elsewhere", 10);
        var collected = new Collected(() -> grow("moving", 300));

        done(new GraphExport(database).walk("moving", collected));

        assertThat(collected.entities).hasSize(2_500);
        assertThat(collected.relationships).hasSize(2_500);
        var ids = collected.entities.stream()
                .map(ExportedEntity::id)
                .map(UUID::toString)
                .toList();
        assertThat(ids).isSorted().doesNotHaveDuplicates();
        assertThat(collected.relationships)
                .allSatisfy(
                        relationship -> assertThat(relationship.sourceName()).isNotNull());
    }

    @Test
    void aPageOfExactlyTheLimitIsNotTheEnd() throws Exception {
        grow("exact", 1_000);
        var collected = new Collected(() -> {});

        done(new GraphExport(database).walk("exact", collected));

        assertThat(collected.entities).hasSize(1_000);
        assertThat(collected.relationships).hasSize(1_000);
    }

    @Test
    void aSinkThatFailsEndsTheWalkAndGivesTheConnectionBack() {
        grow("failing", 10);
        for (var i = 0; i < 2 * PoolSettings.DEFAULT.maxSize(); i++) {
            var failing = new Collected(() -> {
                throw new IllegalStateException("full");
            });
            assertThatThrownBy(() -> done(new GraphExport(database).walk("failing", failing)))
                    .hasMessageContaining("full");
            assertThat(failing.relationships).isEmpty();
        }
    }

    private void grow(String workspace, int entities) {
        try (var connection = server.connect();
                var statement = connection.createStatement()) {
            statement.execute("""
                    insert into lightrag.entity_state (id, workspace, name, name_votes, entity_type, type_votes, description_votes, mentions, evidence,
                      out_degree, in_degree, created_at, updated_at)
                    select gen_random_uuid(), '%1$s', 'Entity ' || n, 1, 'THING', 1, 0, 1, 1000, 0, 0, now(), now()
                    from generate_series(1, %2$d) n;
                    insert into lightrag.relationship_state (id, workspace, source_entity_id, target_entity_id, relationship_type, description_votes,
                      mentions, evidence, created_at, updated_at)
                    select gen_random_uuid(), '%1$s', e.id, e.id, 'IS', 0, 1, 1000, now(), now()
                    from lightrag.entity_state e where e.workspace = '%1$s'
                    """.formatted(workspace, entities));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void done(Future<Void> future) throws Exception {
        future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
}
