package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.FaultyProxy;
import io.millrace.pg.TestDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MembershipTest {

    private static final Duration LEASE = Duration.ofSeconds(6);

    private final TestDatabase database = TestDatabase.create();
    private final FaultyProxy proxy = new FaultyProxy(database.host(), database.port());
    private final Membership membership =
            new Membership(database.settings(proxy.port(), TestPod.SMALL_POOL), UUID.randomUUID(), "test", LEASE);

    @AfterEach
    void close() {
        proxy.close();
        database.close();
    }

    @Test
    void theLeaseIsExtendedUntilThePodLeaves() throws Exception {
        assertThat(membership.start(Duration.ofSeconds(10))).isTrue();
        var first = leaseUntil();
        await().until(() -> leaseUntil().compareTo(first) > 0);
        assertThat(live()).isTrue();

        membership.stop();

        assertThat(live()).isFalse();
        assertThat(leaseUntil()).isEmpty();
    }

    @Test
    void aBrokenConnectionDoesNotCostTheLease() throws Exception {
        assertThat(membership.start(Duration.ofSeconds(10))).isTrue();
        var before = leaseUntil();
        proxy.down();
        proxy.up();

        await().until(() -> {
            assertThat(live()).isTrue();
            return leaseUntil().compareTo(before) > 0;
        });
        membership.stop();
    }

    @Test
    void aPodThatDoesNotReachTheDatabaseIsToldSo() throws InterruptedException {
        proxy.down();

        assertThat(membership.start(Duration.ofMillis(200))).isFalse();
        membership.stop();
        proxy.up();
    }

    private boolean live() throws SQLException {
        return !text("select 1 from stream.members where lease_until > clock_timestamp()")
                .isEmpty();
    }

    private String leaseUntil() throws SQLException {
        return text("select lease_until at time zone 'UTC' from stream.members");
    }

    private String text(String sql) throws SQLException {
        try (var connection = database.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : "";
        }
    }
}
