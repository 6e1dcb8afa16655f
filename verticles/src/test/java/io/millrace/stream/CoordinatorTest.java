package io.millrace.stream;

import static io.millrace.stream.Futures.get;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a coordinator owes to those who leave through it. */
class CoordinatorTest {

    private final TestDatabase database = TestDatabase.create();
    private final TestPod pod = new TestPod(database);

    @AfterEach
    void close() {
        pod.close();
        database.close();
    }

    @Test
    void aGroupCanBeLeftThoughATickWasUnderWayWhenTheCoordinatorStopped() throws Exception {
        var group = get(pod.groups.createGroup("readers", pod.topic("in", 2)));
        var membership = new Membership(
                database.settings(database.port(), TestPod.SMALL_POOL), UUID.randomUUID(), "test", TestPod.LEASE);
        membership.start(TestPod.LEASE);
        var settings = new Coordinator.Settings(Duration.ofMillis(100), Duration.ofDays(1), Duration.ofHours(6));
        var coordinator = new Coordinator(pod.groups, membership, List.of(group), settings);
        try (var blocker = database.connect()) {
            blocker.setAutoCommit(false);
            blocker.createStatement().execute("lock table stream.members in access exclusive mode");
            var deployment = get(pod.vertx.deployVerticle(coordinator));
            await().until(() -> waiting(blocker) > 0);

            var undeployed = pod.vertx.undeploy(deployment);
            await().during(Duration.ofMillis(200)).until(() -> !undeployed.isComplete());
            blocker.rollback();

            get(undeployed);
            get(coordinator.leave(group));
        } finally {
            membership.stop();
        }
    }

    private static long waiting(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("""
                        select count(*)
                        from pg_stat_activity
                        where datname = current_database() and wait_event_type = 'Lock' and query like '%stream.tick%'
                        """)) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
