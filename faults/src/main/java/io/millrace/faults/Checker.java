package io.millrace.faults;

import io.millrace.faults.Expected.Posted;
import io.millrace.faults.History.Attempt;
import io.millrace.faults.History.Outcome;
import io.millrace.verify.Check;
import io.millrace.verify.Verification;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Compares a database at rest with what was posted to it, and counts each kind of violation. */
final class Checker {

    /** Comparisons of {@code graph verify} that are about the log, and about statistics; the others are about the graph. */
    private static final Set<String> LOG_CHECKS = Set.of("offsets", "groups");

    private static final Set<String> STATISTICS_CHECKS = Set.of("counters", "growth", "top");

    private final Connection connection;
    private final Collection<Attempt> attempts;

    /** Jobs by attempt, as they are stored. */
    private final Map<String, List<UUID>> jobs = new HashMap<>();

    private Checker(Connection connection, Collection<Attempt> attempts) {
        this.connection = connection;
        this.attempts = attempts;
    }

    static List<Count> check(Connection connection, Collection<Attempt> attempts) throws SQLException {
        var checker = new Checker(connection, attempts);
        checker.loadJobs();
        var posted = checker.posted();
        var expected = Expected.bags(posted);
        var checks = Verification.run(connection).checks();
        return List.of(
                Count.of("acknowledged documents missing", checker.missing(posted)),
                Count.of("failed answers whose document is there", checker.failedButThere()),
                Count.of("documents neither processed nor dead-lettered", checker.unfinished()),
                Count.of("dead letters other than expected", checker.deadLetters(posted)),
                Count.of("effects per (chunk, stage) other than one", checker.effects(posted, expected)),
                verified("offset gaps", checks, LOG_CHECKS::contains),
                Count.of("differences between graph and model", checker.differences(posted, expected, Stored.GRAPH)),
                verified("differences that graph verify finds", checks, Checker::isGraphs),
                verified("statistics different from a recount", checks, STATISTICS_CHECKS::contains),
                Count.of("partitions with two owners in one epoch", checker.twoOwners()));
    }

    private static boolean isGraphs(String check) {
        return !LOG_CHECKS.contains(check) && !STATISTICS_CHECKS.contains(check);
    }

    private static final String JOBS = """
            select metadata ->> 'attempt', id
            from jobs.job_status
            """;

    private void loadJobs() throws SQLException {
        Sql.each(connection, JOBS, row -> jobs.merge(row.get(0), List.of(UUID.fromString(row.get(1))), Checker::both));
    }

    /** Lists of one, as they all should be, take little memory. */
    private static List<UUID> both(List<UUID> some, List<UUID> others) {
        return Stream.concat(some.stream(), others.stream()).toList();
    }

    private static final String DOCUMENTS = """
            select convert_from(r.value, 'UTF8')::json ->> 'job_id'
            from stream.records r
            where r.topic = 'documents' and convert_from(r.key, 'UTF8') not like 'planted-%'
            order by r.partition, r.offset
            """;

    /** The documents of the log: of each source in the order of the log, since a source has one partition. */
    private List<Posted> posted() throws SQLException {
        var documents = new HashMap<UUID, KnownDocument>();
        for (var attempt : attempts) {
            jobs.getOrDefault(attempt.id(), List.of()).forEach(job -> documents.put(job, attempt.document()));
        }
        var posted = new ArrayList<Posted>();
        Sql.each(connection, DOCUMENTS, row -> {
            var job = UUID.fromString(row.getFirst());
            var document = documents.get(job);
            if (document != null) {
                posted.add(new Posted(job, document));
            }
        });
        return posted;
    }

    /** Neither its job nor its record may be missing, and the job must be the one that the sender was told. */
    private List<String> missing(List<Posted> posted) {
        var inLog = new HashSet<UUID>();
        posted.forEach(document -> inLog.add(document.job()));
        return attempts.stream()
                .filter(attempt -> attempt.outcome() == Outcome.OK)
                .filter(attempt -> !inLog.contains(attempt.job())
                        || !jobs.getOrDefault(attempt.id(), List.of()).contains(attempt.job()))
                .map(attempt -> attempt.id() + " " + attempt.document().sourceUri())
                .toList();
    }

    private List<String> failedButThere() {
        return attempts.stream()
                .filter(attempt -> attempt.outcome() == Outcome.FAILED && jobs.containsKey(attempt.id()))
                .map(attempt -> attempt.id() + " " + attempt.document().sourceUri())
                .toList();
    }

    private static final String UNFINISHED = """
            select j.id, j.status, j.source_uri
            from jobs.job_status j
            where j.status <> 'completed'
              and not (j.status = 'failed' and exists (
                select
                from stream.records r
                where r.topic in ('documents.dead-letters', 'chunks.dead-letters')
                  and convert_from(r.value, 'UTF8') like '%' || j.id || '%'))
            """;

    private List<String> unfinished() throws SQLException {
        return Sql.lines(connection, UNFINISHED);
    }

    private static final String DEAD_LETTERS = """
            select r.topic, convert_from(r.key, 'UTF8'),
              substring(convert_from(r.value, 'UTF8') from '"job_id":"([^"]*)"'),
              substring(encode(r.headers, 'escape') from 'millrace-group.([a-z]+)')
            from stream.records r
            where r.topic like '%.dead-letters'
            """;

    private static final String PLANTED = """
            select convert_from(r.key, 'UTF8')
            from stream.records r
            where r.topic = 'documents' and convert_from(r.key, 'UTF8') like 'planted-%'
            """;

    /** What nobody can read is a dead letter of both groups that read documents; poison is one of the ledger's. */
    private List<String> deadLetters(List<Posted> posted) throws SQLException {
        var expected = new TreeMap<String, Integer>();
        for (var row : Sql.rows(connection, PLANTED)) {
            expected.merge("chunk " + row.getFirst(), 1, Integer::sum);
            expected.merge(LedgerPlugin.GROUP + " " + row.getFirst(), 1, Integer::sum);
        }
        posted.stream()
                .filter(document -> document.document().poison())
                .forEach(document -> expected.merge(LedgerPlugin.GROUP + " " + document.job(), 1, Integer::sum));
        var found = new TreeMap<String, Integer>();
        for (var row : Sql.rows(connection, DEAD_LETTERS)) {
            var what = row.get(1).startsWith("planted-") ? row.get(1) : row.get(2);
            found.merge(row.get(3) + " " + what, 1, Integer::sum);
        }
        return different("dead letter", expected, found);
    }

    private List<String> differences(List<Posted> posted, Map<String, Bag> expected, Map<String, String> queries)
            throws SQLException {
        var differences = new ArrayList<String>();
        for (var query : new TreeMap<>(queries).entrySet()) {
            var found = new Bag();
            Sql.each(connection, query.getValue(), row -> found.add(Sql.line(row)));
            var different = expected.getOrDefault(query.getKey(), new Bag()).differences(found);
            if (!different.isEmpty()) {
                differences.addAll(told(query.getKey(), query.getValue(), posted, different));
            }
        }
        return differences;
    }

    /** The lines themselves, which have not been kept, so that they are made and read once more. */
    private List<String> told(String kind, String query, List<Posted> posted, Map<Long, Bag.Difference> different)
            throws SQLException {
        var lines = new TreeMap<Long, String>();
        Consumer<String> keep = line -> {
            var hash = Bag.hash(line);
            if (different.containsKey(hash)) {
                lines.put(hash, line);
            }
        };
        Expected.lines(posted, (of, line) -> {
            if (of.equals(kind)) {
                keep.accept(line);
            }
        });
        Sql.each(connection, query, row -> keep.accept(Sql.line(row)));
        return different.entrySet().stream()
                .map(entry -> "%s, %d instead of %d times: %s"
                        .formatted(
                                kind, entry.getValue().found(), entry.getValue().expected(), lines.get(entry.getKey())))
                .sorted()
                .toList();
    }

    private List<String> effects(List<Posted> posted, Map<String, Bag> expected) throws SQLException {
        var found = differences(posted, expected, Stored.EFFECTS);
        var records = new HashMap<UUID, Integer>();
        posted.forEach(document -> records.merge(document.job(), 1, Integer::sum));
        jobs.forEach((attempt, stored) -> {
            if (stored.size() != 1) {
                found.add("%s has %d jobs".formatted(attempt, stored.size()));
            }
            for (var job : stored) {
                if (records.getOrDefault(job, 0) != 1) {
                    found.add("%s has %d records".formatted(attempt, records.getOrDefault(job, 0)));
                }
            }
        });
        return found;
    }

    private static List<String> different(String kind, Map<String, Integer> expected, Map<String, Integer> found) {
        var all = new TreeSet<>(expected.keySet());
        all.addAll(found.keySet());
        return all.stream()
                .filter(line -> !expected.getOrDefault(line, 0).equals(found.getOrDefault(line, 0)))
                .map(line -> "%s, %d instead of %d times: %s"
                        .formatted(kind, found.getOrDefault(line, 0), expected.getOrDefault(line, 0), line))
                .toList();
    }

    private static Count verified(String name, List<Check> checks, Predicate<String> names) {
        var chosen = checks.stream().filter(check -> names.test(check.name())).toList();
        return new Count(
                name,
                (int) chosen.stream().mapToLong(Check::differences).sum(),
                chosen.stream()
                        .flatMap(check -> check.examples().stream().map(example -> check.name() + ": " + example))
                        .toList());
    }

    private static final String OWNERS = """
            select format('group %s, partition %s, epoch %s: owned by %s', group_id, partition_id, epoch, array_agg(distinct owner))
            from faults.owners
            group by group_id, partition_id, epoch
            having count(distinct owner) > 1
            """;

    private static final String COMMITS = """
            select format('group %s, partition %s, epoch %s: committed by %s', group_id, partition_id, epoch, array_agg(distinct process))
            from faults.commits
            group by group_id, partition_id, epoch
            having count(distinct process) > 1
            """;

    /** Two members in one epoch, or two processes that committed in one. */
    private List<String> twoOwners() throws SQLException {
        var violations = new ArrayList<>(Sql.lines(connection, OWNERS));
        violations.addAll(Sql.lines(connection, COMMITS));
        return violations;
    }
}
