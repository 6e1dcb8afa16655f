package io.millrace.faults;

import io.millrace.faults.KnownDocument.Body;
import io.millrace.faults.KnownDocument.Relationship;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BiConsumer;

/**
 * What a log of documents must come to, computed one document after the other in the plainest way: lines, by what the
 * lines are about. It shares no code with the stages.
 *
 * <p>What vanished from a changed document is not taken back by the service yet, so a new version only adds: the graph has
 * the contributions of all contents that a document ever had, each once.
 */
final class Expected {

    /** A document as it stands in the log. */
    record Posted(UUID job, KnownDocument document) {}

    private final BiConsumer<String, String> lines;

    private Expected(BiConsumer<String, String> lines) {
        this.lines = lines;
    }

    /** The lines of each kind, as far as one needs them to compare. */
    static Map<String, Bag> bags(List<Posted> log) {
        var bags = new TreeMap<String, Bag>();
        lines(
                log,
                (kind, line) -> bags.computeIfAbsent(kind, first -> new Bag()).add(line));
        return bags;
    }

    /**
     * @param log the documents of each source in the order of the log, which also has the repeated ones
     * @param lines takes the kind of a line and the line
     */
    static void lines(List<Posted> log, BiConsumer<String, String> lines) {
        new Expected(lines).add(log);
    }

    private void add(List<Posted> log) {
        var current = new HashMap<Integer, KnownDocument>();
        var versions = new HashMap<Integer, Integer>();
        var contributions = new LinkedHashSet<KnownDocument>();
        for (var posted : log) {
            var document = posted.document();
            var job = posted.job().toString();
            if (!document.poison()) {
                lines.accept("records", job);
                lines.accept("echoes", job);
            }
            if (!document.equals(current.put(document.number(), document))) {
                lines.accept("chunked", job);
                versions.merge(document.number(), 1, Integer::sum);
                contributions.add(document);
            }
        }
        current.forEach((number, document) -> {
            var body = document.body();
            lines.accept("document", body.sourceUri() + " | " + body.content());
            lines.accept("versions", body.sourceUri() + " | " + versions.get(number));
        });
        addGraph(contributions);
    }

    private void addGraph(Collection<KnownDocument> contributions) {
        var types = new HashMap<String, Map<String, Integer>>();
        var related = new LinkedHashMap<Relationship, Integer>();
        for (var document : contributions) {
            var body = document.body();
            var chunk = body.sourceUri() + " | " + body.content() + " | ";
            lines.accept("extracted", chunk + body.entities().size() + " | " + distinct(body));
            for (var entity : body.entities()) {
                lines.accept("mention records", chunk + entity.name());
                lines.accept("entity mention", chunk + entity.name() + " | " + entity.type());
                types.computeIfAbsent(entity.name(), first -> new TreeMap<>()).merge(entity.type(), 1, Integer::sum);
            }
            for (var relationship : Set.copyOf(body.relationships())) {
                lines.accept("relationship mention", chunk + arrow(relationship));
                related.merge(relationship, 1, Integer::sum);
            }
        }
        addEntities(types, related.keySet());
        related.forEach(
                (relationship, mentions) -> lines.accept("relationship", arrow(relationship) + " | " + mentions));
    }

    private static int distinct(Body body) {
        return new HashSet<>(body.relationships()).size();
    }

    private void addEntities(Map<String, Map<String, Integer>> types, Collection<Relationship> related) {
        var out = new HashMap<String, Integer>();
        var in = new HashMap<String, Integer>();
        for (var relationship : related) {
            out.merge(relationship.source(), 1, Integer::sum);
            in.merge(relationship.target(), 1, Integer::sum);
        }
        types.forEach((name, votes) -> {
            var mentions = votes.values().stream().mapToInt(Integer::intValue).sum();
            lines.accept(
                    "entity",
                    name + " | " + mostVotes(votes) + " | " + mentions + " | " + out.getOrDefault(name, 0) + " | "
                            + in.getOrDefault(name, 0));
        });
    }

    private static String mostVotes(Map<String, Integer> votes) {
        return votes.entrySet().stream()
                .min(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .orElseThrow()
                .getKey();
    }

    private static String arrow(Relationship relationship) {
        return relationship.source() + " | " + relationship.type() + " | " + relationship.target();
    }
}
