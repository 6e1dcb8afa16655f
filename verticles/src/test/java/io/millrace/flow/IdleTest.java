package io.millrace.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a pod asks of PostgreSQL when there is nothing to do, counted from tick to tick, so that no time is asserted. */
final class IdleTest extends PodTest {

    private static final int TICKS = 8;

    /** Two a second is the aim, which the benchmark counts over a minute; what comes now and then may fall into few ticks. */
    private static final double STATEMENTS_A_TICK = 2.5;

    private static final String TICK = "stream.tick(";

    /** As configured by default. */
    @Override
    Map<String, String> settings() {
        return Map.of("MILLRACE_GROUPS_TICK", "1s");
    }

    @Test
    void anIdlePodAsksForLittleMoreThanItsTickAlsoWhenAClientListens() throws SQLException {
        completed(Posts.document("https://example.org/idle", "Ada Lovelace lived in London."));
        var vertx = Vertx.vertx();
        var client = new EventClient(vertx, EventClient.http(vertx), workspace, "", pod::base, 1, event -> {});
        try (var observer = database.connect()) {
            try (var statement = observer.createStatement()) {
                statement.execute("create extension pg_stat_statements");
                statement.execute("set pg_stat_statements.track = none");
            }
            client.start();
            patiently().until(client::isConnected);
            // Meanwhile digests of the work are told, and what looks less often while it finds nothing finds nothing.
            afterTicks(observer);
            var calls = afterTicks(observer);
            assertThat(calls.values().stream().mapToLong(Long::longValue).sum())
                    .as("statements in %d ticks: %s", TICKS, calls)
                    .isLessThanOrEqualTo((long) (TICKS * STATEMENTS_A_TICK));
        } finally {
            client.stop();
            vertx.close();
        }
    }

    /** Calls by statement from now on until the pod has ticked so often. */
    private static Map<String, Long> afterTicks(Connection observer) throws SQLException {
        try (var statement = observer.createStatement()) {
            statement.execute(
                    "select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()))");
        }
        return patiently().until(() -> calls(observer), calls -> ticks(calls) >= TICKS);
    }

    private static long ticks(Map<String, Long> calls) {
        return calls.entrySet().stream()
                .filter(entry -> entry.getKey().contains(TICK))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    private static Map<String, Long> calls(Connection observer) throws SQLException {
        var calls = new TreeMap<String, Long>();
        try (var statement = observer.createStatement();
                var rows = statement.executeQuery(
                        "select query, sum(calls) from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database()) group by query")) {
            while (rows.next()) {
                calls.put(rows.getString(1), rows.getLong(2));
            }
        }
        return calls;
    }
}
