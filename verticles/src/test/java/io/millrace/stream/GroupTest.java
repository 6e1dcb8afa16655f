package io.millrace.stream;

import static io.millrace.stream.Futures.failure;
import static io.millrace.stream.Futures.get;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.DatabaseFailure;
import io.millrace.pg.DatabaseFailure.Kind;
import io.millrace.pg.TestDatabase;
import io.vertx.core.Future;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Claims, leases, epochs and the fence, as the database keeps them. */
class GroupTest {

    private static final Duration LEASE = Duration.ofSeconds(10);

    private final TestDatabase database = TestDatabase.create();
    private final TestPod pod = new TestPod(database);
    private final GroupStore groups = pod.groups;
    private final Group group = get(groups.createGroup("readers", pod.topic("read", 8)));
    private final Connection connection = connect();

    private Connection connect() {
        try {
            return database.connect();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        pod.close();
        database.close();
    }

    /** A pod as far as the database can tell. */
    private final class Member {
        final UUID id = UUID.randomUUID();
        final Map<Integer, Claim> owned = new HashMap<>();

        Member() {
            heartbeat();
        }

        void heartbeat() {
            execute("select stream.heartbeat('" + id + "', 'test', interval '" + LEASE.toSeconds() + " s')");
        }

        GroupState tick() {
            return tick(running());
        }

        GroupState tick(Collection<GroupStore.Running> running) {
            var tick = get(groups.tick(id, LEASE, List.of(group), List.of(group), running));
            tick.claims().getOrDefault(group.id(), List.of()).forEach(claim -> owned.put(claim.partition(), claim));
            return requireNonNull(tick.states().get(group.id()));
        }

        List<GroupStore.Running> running() {
            return owned.keySet().stream()
                    .map(partition -> new GroupStore.Running(group.id(), partition))
                    .toList();
        }

        void release(int partition) {
            var claim = requireNonNull(owned.remove(partition));
            get(groups.release(group, claim));
        }

        /** As a killed process: no leave, no release, and its lease has run out. */
        void vanish() {
            execute("update stream.members set lease_until = clock_timestamp() - interval '1 ms' where member_id = '"
                    + id + "'");
        }

        Future<Void> commit(int partition, long offset) {
            var claim = claim(partition);
            return pod.database
                    .inTransaction(
                            transaction -> GroupStore.commitOffset(transaction, group, claim, claim.sequence(), offset))
                    .onSuccess(done -> owned.put(
                            partition,
                            new Claim(
                                    partition,
                                    claim.epoch(),
                                    claim.sequence() + 1,
                                    offset,
                                    claim.processed(),
                                    claim.uncleanClaims(),
                                    claim.trialOffset(),
                                    claim.trialEnd(),
                                    claim.trials())));
        }

        Claim claim(int partition) {
            return requireNonNull(owned.get(partition));
        }
    }

    private static Kind kind(Future<?> future) {
        return failure(future) instanceof DatabaseFailure failure ? failure.kind() : Kind.MISSING;
    }

    @Test
    void aGroupIsMadeOnceAndReadsOneTopic() {
        assertThat(get(groups.createGroup("readers", group.topic()))).isEqualTo(group);
        assertThat(kind(groups.createGroup("readers", pod.topic("another", 1)))).isEqualTo(Kind.MISSING);
    }

    @Test
    void partitionsAreSharedFairlyAsMembersComeAndLeave() {
        var first = new Member();
        first.tick();
        assertThat(first.owned).hasSize(8);

        var second = new Member();
        assertThat(second.tick().share()).isEqualTo(4);
        assertThat(second.owned).as("nothing is free yet").isEmpty();
        assertThat(first.tick().share()).isEqualTo(4);
        for (var partition = 4; partition < 8; partition++) {
            first.release(partition);
            // What was just released is the other's, not the first one's again.
            first.tick();
        }
        second.tick();
        assertThat(first.owned).containsOnlyKeys(0, 1, 2, 3);
        assertThat(second.owned).containsOnlyKeys(4, 5, 6, 7);

        var third = new Member();
        third.tick();
        var shares = Stream.of(first, second, third)
                .map(member -> member.tick().share())
                .toList();
        assertThat(shares).containsExactlyInAnyOrder(3, 3, 2);

        get(groups.leave(group, second.id));
        assertThat(first.tick().members()).isEqualTo(2);
        third.tick();
        assertThat(third.owned).hasSize(4).doesNotContainKeys(0, 1, 2, 3);
    }

    @Test
    void anExpiredLeaseIsTakenOverAndTheEpochRises() {
        var first = new Member();
        first.tick();
        get(first.commit(0, 5));
        var second = new Member();
        second.tick();
        assertThat(second.owned).isEmpty();

        first.vanish();
        second.tick();

        assertThat(second.owned).hasSize(8);
        assertThat(second.claim(0).epoch()).isGreaterThan(first.claim(0).epoch());
        assertThat(second.claim(0).committedOffset()).isEqualTo(5);
        first.tick();
        assertThat(first.owned.get(0))
                .as("a member whose lease ran out claims nothing")
                .isNotNull();
    }

    @Test
    void aLeaseFarInTheFutureDoesNotCount() {
        var first = new Member();
        first.tick();
        // As after the server's clock was set back by a day.
        execute("update stream.members set lease_until = clock_timestamp() + interval '1 day'");
        var second = new Member();
        second.tick();

        assertThat(second.owned).hasSize(8);
    }

    @Test
    void aMemberWithoutALeaseClaimsNothing() {
        var member = new Member();
        member.vanish();
        member.tick();

        assertThat(member.owned).isEmpty();
    }

    @Test
    void aMemberThatOnlyWatchesClaimsNothing() {
        var member = new Member();
        var tick = get(groups.tick(member.id, LEASE, List.of(group), List.of(), List.of()));

        assertThat(tick.claims()).isEmpty();
        assertThat(tick.states().get(group.id()))
                .isNotNull()
                .satisfies(state -> assertThat(state.partitions()).hasSize(8));
        assertThat(tick.pods()).isEqualTo(1);
    }

    @Test
    void aZombieCannotCommit() {
        execute("create table effects (id int)");
        var zombie = new Member();
        zombie.tick();
        zombie.vanish();
        var heir = new Member();
        heir.tick();

        var claim = zombie.claim(3);
        var failed = pod.database.inTransaction(transaction -> Future.all(
                        GroupStore.commitOffset(transaction, group, claim, claim.sequence(), 7),
                        transaction.query("insert into effects values (1)").execute(),
                        pod.log.append(
                                transaction,
                                List.of(new Effects.Append("read", 0, List.of(new ProducerRecord(null, null))))))
                .mapEmpty());

        assertThat(kind(failed)).isEqualTo(Kind.FENCED);
        assertThat(number("select count(*) from effects")).isZero();
        assertThat(get(pod.log.endOffset(group.topic(), 0))).isZero();
        assertThat(committed(3)).isZero();
        get(heir.commit(3, 2));
        assertThat(committed(3)).isEqualTo(2);
    }

    @Test
    void aZombieThatPipelinesItsCommitUnawaitedCannotCommitEither() throws SQLException {
        execute("create table effects (id int)");
        var zombie = new Member();
        zombie.tick();
        zombie.vanish();
        new Member().tick();
        var claim = zombie.claim(0);

        var sent = get(pod.database
                .pool()
                .getConnection()
                .compose(open -> Future.join(List.of(
                                open.query("begin").execute(),
                                GroupStore.commitOffset(open, group, claim, claim.sequence(), 7),
                                open.query("insert into effects values (1)").execute(),
                                open.query("commit").execute()))
                        .otherwiseEmpty()
                        .compose(done -> open.close())
                        .map(true)));

        assertThat(sent).isTrue();
        assertThat(number("select count(*) from effects")).isZero();
    }

    @Test
    void theSameCommitTwiceIsRefused() {
        var member = new Member();
        member.tick();
        var before = member.claim(0);
        get(member.commit(0, 5));

        assertThat(kind(pod.database.inTransaction(
                        transaction -> GroupStore.commitOffset(transaction, group, before, before.sequence(), 5))))
                .isEqualTo(Kind.FENCED);
        assertThat(committed(0)).isEqualTo(5);
    }

    @Test
    void aPartitionWhoseOwnerIsCommittingIsNotClaimed() {
        var owner = new Member();
        owner.tick();
        var claim = owner.claim(2);
        var heir = new Member();
        owner.vanish();
        var committing = get(pod.database.pool().getConnection());
        get(committing.query("begin").execute());
        get(GroupStore.commitOffset(committing, group, claim, claim.sequence(), 9));

        heir.tick();
        assertThat(heir.owned).hasSize(7).doesNotContainKey(2);
        get(committing.query("commit").execute());
        get(committing.close());

        heir.tick();
        assertThat(heir.claim(2).committedOffset()).isEqualTo(9);
    }

    @Test
    void sessionsThatClaimAtOnceNeverOwnTheSamePartition() {
        var members = IntStream.range(0, 4).mapToObj(i -> new Member()).toList();
        for (var round = 0; round < 15; round++) {
            var ticks = members.stream()
                    .map(member -> groups.tick(member.id, LEASE, List.of(group), List.of(group), member.running()))
                    .toList();
            for (var i = 0; i < members.size(); i++) {
                for (var claim : get(ticks.get(i)).claims().getOrDefault(group.id(), List.of())) {
                    members.get(i).owned.put(claim.partition(), claim);
                }
            }
            var all = members.stream()
                    .flatMap(member -> member.owned.keySet().stream())
                    .toList();
            assertThat(all).doesNotHaveDuplicates();
            // All give some back, so that there is something to fight for in the next round.
            for (var member : members) {
                List.copyOf(member.owned.keySet()).stream().skip(round % 2).forEach(member::release);
            }
        }
    }

    @Test
    void aPartitionThatWasClaimedButIsNotRunIsClaimedAgain() {
        var member = new Member();
        member.tick();
        var lost = requireNonNull(member.owned.remove(5));

        member.tick();

        assertThat(member.claim(5).epoch()).isEqualTo(lost.epoch() + 1);
        assertThat(member.claim(5).uncleanClaims()).isZero();
    }

    @Test
    void whatAMemberOwnsBeyondItsShareAndDoesNotRunIsFreeForOthers() {
        var member = new Member();
        member.tick();
        // It let all of them go in doubt, and before it claims again there is another.
        member.owned.clear();
        var other = new Member();
        other.tick();

        member.tick();
        other.tick();

        assertThat(member.owned).hasSize(4);
        assertThat(other.owned).hasSize(4).doesNotContainKeys(0, 1, 2, 3);
        assertThat(other.owned.values()).allMatch(claim -> claim.uncleanClaims() == 0);
    }

    @Test
    void aReleasedPartitionIsFreeAndAnOldReleaseReleasesNothing() {
        var member = new Member();
        member.tick();
        var old = member.claim(1);
        member.release(1);
        var other = new Member();
        other.tick();
        assertThat(other.owned).containsOnlyKeys(1);

        get(groups.release(group, old));

        assertThat(text("select owner from stream.assignments where partition_id = 1"))
                .isEqualTo(other.id.toString());
    }

    @Test
    void aSeekRaisesTheEpochAndFencesTheOwner() {
        var member = new Member();
        member.tick();
        get(member.commit(0, 40));

        get(pod.database.inTransaction(transaction -> groups.seek(transaction, group, 0, 10)));

        assertThat(committed(0)).isEqualTo(10);
        assertThat(kind(member.commit(0, 50))).isEqualTo(Kind.FENCED);
        member.owned.remove(0);
        member.tick();
        assertThat(member.claim(0).committedOffset()).isEqualTo(10);
        assertThat(member.claim(0).processed()).isEqualTo(OffsetRanges.of(0L, 40L));
        get(member.commit(0, 50));
        assertThat(committed(0)).isEqualTo(50);
    }

    @Test
    void whatASeekSkippedIsNewWhenTheGroupComesToIt() {
        var member = new Member();
        for (var run : List.of(new long[] {0, 40}, new long[] {60, 100}, new long[] {20, 30}, new long[] {10, 50})) {
            get(pod.database.inTransaction(transaction -> groups.seek(transaction, group, 0, run[0])));
            member.owned.remove(0);
            member.tick();
            get(member.commit(0, run[1]));
        }

        get(pod.database.inTransaction(transaction -> groups.seek(transaction, group, 0, 5)));
        member.owned.remove(0);
        member.tick();

        var processed = member.claim(0).processed();
        assertThat(processed).isEqualTo(OffsetRanges.of(0L, 50L, 60L, 100L));
        assertThat(processed.contains(49)).isTrue();
        assertThat(processed.contains(50)).isFalse();
        assertThat(processed.contains(60)).isTrue();
        assertThat(processed.contains(100)).isFalse();
        assertThat(processed.nextBound(5)).isEqualTo(50);
        assertThat(processed.nextBound(50)).isEqualTo(60);
        assertThat(processed.nextBound(100)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aSeekWaitsForTheCommitUnderWay() {
        var member = new Member();
        member.tick();
        var claim = member.claim(0);
        var committing = get(pod.database.pool().getConnection());
        get(committing.query("begin").execute());
        get(GroupStore.commitOffset(committing, group, claim, claim.sequence(), 30));
        var seek = pod.database.inTransaction(other -> groups.seek(other, group, 0, 3));
        await().until(() -> number("select count(*) from pg_locks where not granted") > 0);
        get(committing.query("commit").execute());
        get(committing.close());
        get(seek);

        assertThat(committed(0)).isEqualTo(3);
        assertThat(number("select high_offset from stream.assignments where partition_id = 0"))
                .isEqualTo(30);
    }

    @Test
    void uncleanEndsAreCountedAtTheirOffsetOnly() {
        var claims = new ArrayList<Integer>();
        for (var i = 0; i < 3; i++) {
            var member = new Member();
            member.tick();
            claims.add(member.claim(0).uncleanClaims());
            member.vanish();
        }
        assertThat(claims).containsExactly(0, 1, 2);

        var member = new Member();
        member.tick();
        assertThat(member.claim(0).uncleanClaims()).isEqualTo(3);
        get(member.commit(0, 1));
        member.vanish();
        var heir = new Member();
        heir.tick();
        assertThat(heir.claim(0).uncleanClaims()).as("it got further").isEqualTo(1);
        heir.release(0);
        heir.tick();
        assertThat(heir.claim(0).uncleanClaims())
                .as("a clean end does not count")
                .isEqualTo(1);
    }

    @Test
    void aTrialCountsOnlyWhenItsProcessVanishedOverIt() {
        var member = new Member();
        member.tick();
        get(groups.markTrial(group, member.claim(0), 0, 1));
        get(groups.markTrial(group, member.claim(0), 0, 1));
        member.release(0);
        member.tick();
        assertThat(member.claim(0).trials()).as("trials that ended cleanly").isZero();

        for (var i = 1; i <= 2; i++) {
            get(groups.markTrial(group, member.claim(0), 0, 1));
            member.vanish();
            member = new Member();
            member.tick();
            assertThat(member.claim(0).trials()).isEqualTo(i);
            assertThat(member.claim(0).trialOffset()).isZero();
        }
        get(member.commit(0, 1));
        get(groups.markTrial(group, member.claim(0), 1, 2));
        assertThat(number("select trials from stream.assignments where partition_id = 0"))
                .as("another record begins anew")
                .isZero();
    }

    @Test
    void aMarkDoesNotCountAgainstWhoVanishesBeforeItsOwnTrial() {
        var member = new Member();
        member.tick();
        get(groups.markTrial(group, member.claim(0), 0, 1));
        member.vanish();
        for (var i = 1; i <= 3; i++) {
            member = new Member();
            member.tick();
            assertThat(member.claim(0).trials())
                    .as("only the first had tried it")
                    .isEqualTo(1);
            assertThat(member.claim(0).trialOffset()).isZero();
            member.vanish();
        }
    }

    @Test
    void endsOverManyRecordsDoNotCountAgainstFewerOfThem() {
        var member = new Member();
        for (var to : List.of(500L, 62L, 62L)) {
            member.tick();
            get(groups.markTrial(group, member.claim(0), 0, to));
            member.vanish();
            member = new Member();
        }
        member.tick();
        assertThat(member.claim(0).trialOffset()).isZero();
        assertThat(member.claim(0).trialEnd()).isEqualTo(62);
        assertThat(member.claim(0).trials()).isEqualTo(2);
    }

    @Test
    void aMarkThatWasTakenAwayCountsNotAndForgetsNothing() {
        var member = new Member();
        member.tick();
        get(groups.markTrial(group, member.claim(0), 0, 1));
        member.vanish();

        member = new Member();
        member.tick();
        get(groups.markTrial(group, member.claim(0), 0, 1));
        get(groups.unmarkTrial(group, member.claim(0)));
        member.vanish();
        member = new Member();
        member.tick();
        assertThat(member.claim(0).trials()).as("only the first ended over it").isEqualTo(1);

        get(groups.markTrial(group, member.claim(0), 0, 1));
        member.vanish();
        member = new Member();
        member.tick();
        assertThat(member.claim(0).trials()).isEqualTo(2);
        assertThat(member.claim(0).trialOffset()).isZero();
    }

    @Test
    void aZombieCannotTakeTheMarkOfItsSuccessorAway() {
        var zombie = new Member();
        zombie.tick();
        zombie.vanish();
        var successor = new Member();
        successor.tick();
        get(groups.markTrial(group, successor.claim(0), 0, 1));

        get(groups.unmarkTrial(group, zombie.claim(0)));
        successor.vanish();
        var next = new Member();
        next.tick();
        assertThat(next.claim(0).trials()).isEqualTo(1);
    }

    @Test
    void aZombieCannotMarkATrial() {
        var zombie = new Member();
        zombie.tick();
        zombie.vanish();
        new Member().tick();

        assertThat(kind(groups.markTrial(group, zombie.claim(0), 0, 1))).isEqualTo(Kind.FENCED);
    }

    @Test
    void commitsGoOnWhileAnOldSnapshotIsHeldAndAreTrimmed() throws SQLException {
        var member = new Member();
        member.tick();
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        assertThat(committed(0)).isZero();
        for (var offset = 1; offset <= 300; offset++) {
            get(member.commit(0, offset));
        }
        assertThat(committed(0)).as("in the old snapshot").isZero();
        connection.setAutoCommit(true);
        assertThat(committed(0)).isEqualTo(300);

        get(groups.trimCommits(group, 0, member.claim(0).sequence()));

        assertThat(number("select count(*) from stream.commits where partition_id = 0"))
                .isEqualTo(1);
        assertThat(committed(0)).isEqualTo(300);
        get(member.commit(0, 301));
        assertThat(committed(0)).isEqualTo(301);
    }

    @Test
    void membersThatAreLongGoneAreForgottenAndAPodThatOnlySleptTakesPartAgain() {
        var gone = new Member();
        gone.tick();
        execute("update stream.members set lease_until = clock_timestamp() - interval '2 days'");
        get(groups.reap());
        assertThat(number("select count(*) from stream.members")).isZero();
        assertThat(number("select count(*) from stream.group_members")).isZero();

        gone.heartbeat();
        gone.owned.clear();
        gone.tick();
        assertThat(gone.owned).hasSize(8);
    }

    @Test
    void everyPartitionHasOneOwnerInAnEpochWhateverHappens() {
        var random = new Random(11);
        var members = new ArrayList<>(List.of(new Member(), new Member(), new Member()));
        Set<List<Long>> epochs = new HashSet<>();
        for (var step = 0; step < 150; step++) {
            var index = random.nextInt(members.size());
            var member = members.get(index);
            switch (random.nextInt(6)) {
                case 0 -> {
                    member.vanish();
                    members.set(index, new Member());
                }
                case 1 -> member.owned.keySet().stream().findFirst().ifPresent(member::release);
                default -> {
                    var before = Set.copyOf(member.owned.values());
                    member.tick();
                    for (var claim : member.owned.values()) {
                        if (!before.contains(claim)) {
                            assertThat(epochs.add(List.of((long) claim.partition(), claim.epoch())))
                                    .as("%s was claimed by nobody before", claim)
                                    .isTrue();
                        }
                    }
                }
            }
        }
        assertThat(epochs).hasSizeGreaterThan(20);
    }

    private long committed(int partition) {
        return number(
                "select committed_offset from stream.group_partitions where \"group\" = 'readers' and \"partition\" = "
                        + partition);
    }

    private void execute(String sql) {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    private long number(String sql) {
        return Long.parseLong(text(sql));
    }

    private String text(String sql) {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return String.valueOf(rows.getString(1));
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }
}
