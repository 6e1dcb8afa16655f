package io.millrace.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.TestDatabase;
import io.millrace.verify.Check;
import io.millrace.verify.Verification;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes of the service over one database, one of which is killed, or stopped and woken up again. */
class KillTest {

    private static final int LETTERS = 5_000;
    private static final int DUPLICATES = 250;
    private static final int KILLS = 20;
    private static final int MAX_STOPS = 30;
    private static final int LETTERS_A_STOP = 400;
    private static final int CLIENT_THREADS = 4;
    private static final long SEED = 20_261_121;

    /** Letters that may be under way, so that posting goes on for as long as killing does. */
    private static final int MAX_UNDER_WAY = 500;

    private static final Duration PATIENCE = Duration.ofMinutes(4);

    /** When nothing is completed for so long, the next kill comes all the same. */
    private static final Duration LONGEST_PEACE = Duration.ofSeconds(3);

    private static final Map<String, String> SETTINGS = Map.of(
            "MILLRACE_GROUPS_LEASE", "3s",
            "MILLRACE_GROUPS_TICK", "250ms",
            "MILLRACE_DATABASE_LOCK_TIMEOUT", "1s",
            "MILLRACE_DATABASE_POOL_SIZE", "10");

    @TempDir
    private Path folder;

    private final TestDatabase database = TestDatabase.create();
    private final Rows rows = new Rows(database);
    private final JobCounts jobs = new JobCounts(database);
    private final List<ServeProcess> processes = new ArrayList<>();

    @BeforeEach
    void startProcesses() {
        for (var host : List.of("pod-a", "pod-b")) {
            processes.add(ServeProcess.start(host, database, SETTINGS, folder));
        }
    }

    @AfterEach
    void close() {
        processes.forEach(ServeProcess::close);
        jobs.close();
        rows.close();
        database.close();
    }

    private static ConditionFactory patiently() {
        return await().atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20));
    }

    @Test
    void twentyKillsLoseNothingAndDoubleNothing() {
        var letters = Letter.generate(SEED, LETTERS);
        var started = System.nanoTime();
        try (var client = client(withDuplicates(letters), Duration.ofSeconds(30))) {
            var posted = client.start(CLIENT_THREADS, SEED);
            var struck = kill(new Random(SEED));
            var killed = System.nanoTime();
            patiently().until(posted::isDone);
            posted.join();
            Drained.await(rows, PATIENCE);

            System.out.printf(
                    "%d kills in %d s, %d of them of an owner; %d letters (%d of them twice) through the graph in %d s: %d acknowledged, %d posted again after a"
                            + " refusal, %d not knowing%n",
                    KILLS,
                    seconds(started, killed),
                    struck,
                    LETTERS,
                    DUPLICATES,
                    seconds(started, System.nanoTime()),
                    client.acknowledged().size(),
                    client.refused(),
                    client.unknown());
            assertThat(client.acknowledged()).hasSize(LETTERS + DUPLICATES);
            assertAllIsThereOnce(letters, client.acknowledged());
        }
        assertThat(processes.stream().mapToInt(ServeProcess::starts).sum()).isEqualTo(KILLS + 2);
    }

    private static long seconds(long from, long to) {
        return Duration.ofNanos(to - from).toSeconds();
    }

    /** Some letters a second time, anywhere. */
    private static List<Letter> withDuplicates(List<Letter> letters) {
        var random = new Random(SEED);
        var all = new ArrayList<>(letters);
        for (var i = 0; i < DUPLICATES; i++) {
            all.add(random.nextInt(all.size()), letters.get(i * letters.size() / DUPLICATES));
        }
        return all;
    }

    private PostingClient client(Collection<Letter> letters, Duration timeout) {
        return new PostingClient(processes, letters, timeout, () -> jobs.open() < MAX_UNDER_WAY);
    }

    /**
     * Spread over the letters, each at a moment of its own: while a process works, while it starts, whatever it does.
     *
     * @return how many of them hit a process that owned partitions
     */
    private int kill(Random random) {
        var struck = 0;
        for (var kill = 1; kill <= KILLS; kill++) {
            var ended = (long) kill * LETTERS / (KILLS + 2) + random.nextInt(LETTERS / (KILLS + 2));
            var latest = System.nanoTime() + LONGEST_PEACE.toNanos();
            patiently().until(() -> jobs.ended() >= ended || System.nanoTime() > latest);
            var victim = processes.get(random.nextInt(processes.size()));
            struck += owned(victim) > 0 ? 1 : 0;
            victim.kill();
            victim.start();
        }
        return struck;
    }

    @Test
    void aProcessThatWakesUpAfterItsLeaseWritesNothing() {
        var letters = Letter.generate(SEED + 1, MAX_STOPS * LETTERS_A_STOP);
        var acknowledged = new ArrayList<UUID>();
        var zombie = processes.getFirst();
        var stops = 0;
        // Most stops hit a batch before its transaction has begun, but not each one has to.
        while (fencedCommits(zombie).isEmpty()) {
            assertThat(stops).as("stops that hit no batch in flight").isLessThan(MAX_STOPS);
            patiently().until(() -> owned(zombie) > 0 && owned(processes.getLast()) > 0);
            var posted = letters.subList(stops * LETTERS_A_STOP, ++stops * LETTERS_A_STOP);
            try (var client = client(posted, Duration.ofSeconds(2))) {
                var done = client.start(CLIENT_THREADS, SEED);
                patiently().until(() -> jobs.open() > 0);
                stopBeyondTheLease(zombie);
                patiently().until(done::isDone);
                done.join();
                acknowledged.addAll(client.acknowledged());
            }
        }
        Drained.await(rows, PATIENCE);

        System.out.printf(
                "stopped %d times beyond its lease: %d commits fenced%n",
                stops, fencedCommits(zombie).size());
        assertAllIsThereOnce(letters.subList(0, stops * LETTERS_A_STOP), acknowledged);
        assertThat(processes.stream().map(ServeProcess::terminate)).containsExactly(0, 0);
        assertThat(unowned()).isEqualTo(rows.count("select count(*) from stream.assignments"));
    }

    /** Stops a process until the other one owns all it owned, wakes it up, and waits until it has its share again. */
    private void stopBeyondTheLease(ServeProcess zombie) {
        zombie.pause();
        patiently().until(() -> owned(zombie) == 0 && unowned() == 0);
        zombie.resume();
        patiently().until(() -> owned(zombie) > 0);
    }

    private static List<String> fencedCommits(ServeProcess process) {
        return process.log().stream().filter(line -> line.contains("fenced: ")).toList();
    }

    private long owned(ServeProcess process) {
        return rows.count("""
                select count(*)
                from stream.assignments a
                join stream.members m on m.member_id = a.owner
                where m.host = ?
                """, process.host());
    }

    private long unowned() {
        return rows.count("select count(*) from stream.assignments where owner is null");
    }

    private void assertAllIsThereOnce(List<Letter> letters, Collection<UUID> acknowledged) {
        var expected = new ExpectedGraph(letters);
        System.out.println("expected, and compared one by one: " + expected.counts());
        assertThat(expected.differences(rows)).isEmpty();
        assertThat(rows.list("select status, count(*) from jobs.job_status group by status"))
                .hasSize(1);
        assertThat(rows.list("select id from jobs.job_status where status = 'completed'").stream()
                        .map(UUID::fromString))
                .containsAll(acknowledged);
        assertThat(gaps()).isEmpty();
        assertThat(rows.count("select count(*) from stream.batches b join stream.topics t on t.topic_id = b.topic_id "
                        + "where t.name like '%.dead-letters'"))
                .as("dead letters")
                .isZero();
        assertThat(epochsThatWentBack()).isEmpty();
        assertThat(differences()).isEmpty();
    }

    /** Batches that do not begin where the one before ends. */
    private List<String> gaps() {
        return rows.list("""
                select name, partition_id, base_offset, previous_end
                from (
                  select t.name, b.partition_id, b.base_offset,
                    coalesce(lag(b.base_offset + b.record_count) over (partition by b.topic_id, b.partition_id order by b.base_offset), 0)
                      as previous_end
                  from stream.batches b
                  join stream.topics t on t.topic_id = b.topic_id) laid
                where base_offset <> previous_end
                """);
    }

    /** Commits of an owner whose partition had gone to another one, or that commit less than the one before. */
    private List<String> epochsThatWentBack() {
        return rows.list("""
                select group_id, partition_id, sequence, epoch, previous_epoch
                from (
                  select c.*, lag(c.epoch) over place as previous_epoch, lag(c.committed_offset) over place as previous_offset
                  from stream.commits c
                  window place as (partition by c.group_id, c.partition_id order by c.sequence)) made
                where epoch < previous_epoch or committed_offset < previous_offset
                """);
    }

    private List<Check> differences() {
        try {
            return Verification.run(rows.connection()).checks().stream()
                    .filter(check -> !check.clean())
                    .toList();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
