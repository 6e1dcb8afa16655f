package io.millrace.graph;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.extract.Mention;
import io.millrace.pg.Database;
import io.millrace.pg.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Loads of several partitions in one. */
class GraphLoadsTest {

    private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

    private final TestDatabase server = TestDatabase.create();
    private final Vertx vertx = Vertx.vertx();
    private final Database database = new Database(vertx, server.settings());
    private final GraphLoads loads = new GraphLoads(Runnable::run);

    @AfterEach
    void close() throws Exception {
        done(database.close());
        done(vertx.close());
        server.close();
    }

    private static <T> T done(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private static Mention mention(UUID entityId) {
        return new Mention.OfEntity(
                "default", UUID.randomUUID(), entityId, "Name of " + entityId, "PERSON", null, 1, 1, AT);
    }

    private void store(Mention mention) throws Exception {
        var nothing = done(GraphStore.load(database.pool(), List.of(mention), false));
        for (var write : GraphStore.save(GraphFold.fold(List.of(mention), nothing))) {
            done(database.pool().preparedQuery(write.sql()).execute(write.parameters()));
        }
    }

    @Test
    void whoAsksWhileALoadIsUnderWayFindsWhatAnotherOneFinds() throws Exception {
        var first = mention(UUID.randomUUID());
        var second = mention(UUID.randomUUID());
        store(first);
        store(second);

        // It goes at once, and the others with each other, who come while it waits for the table.
        Future<GraphState> before;
        Future<GraphState> one;
        Future<GraphState> again;
        try (var holder = server.connect();
                var statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("lock table lightrag.entity_state in access exclusive mode");
            before = loads.load(database.pool(), List.of(mention(UUID.randomUUID())), false);
            one = loads.load(database.pool(), List.of(first), false);
            again = loads.load(database.pool(), List.of(second), true);
            holder.rollback();
        }

        assertThat(done(before).entities()).isEmpty();
        assertThat(done(one)).isSameAs(done(again));
        assertThat(done(one).entities()).containsOnlyKeys(first.owner(), second.owner());
        assertThat(done(again).folded()).contains(new GraphState.Contribution(second.owner(), second.chunkId(), false));
    }

    /** They fold into what they find: a run that was fenced must not change what the one in its place will write. */
    @Test
    void twoWhoAskForTheSameEntityDoNotShareIt() throws Exception {
        var mention = mention(UUID.randomUUID());
        store(mention);

        var before = loads.load(database.pool(), List.of(mention(UUID.randomUUID())), false);
        var fenced = loads.load(database.pool(), List.of(mention), false);
        var other = loads.load(database.pool(), List.of(mention), false);
        done(before);

        var folded = done(fenced).entities().get(mention.owner());
        assertThat(folded).isNotSameAs(done(other).entities().get(mention.owner()));
        GraphFold.fold(List.of(mention(mention.owner())), done(fenced));
        assertThat(requireNonNull(done(other).entities().get(mention.owner())).mentions)
                .isEqualTo(1);
    }
}
