package io.millrace.faults;

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

/**
 * What a log of documents must come to, computed one document after the other in the plainest way: bags of lines, by what
 * the lines are about. It shares no code with the stages.
 *
 * <p>What vanished from a changed document is not taken back by the service yet, so a new version only adds: the graph has
 * the contributions of all contents that a document ever had, each once.
 */
final class Expected {

    /** A document as it stands in the log. */
    record Posted(String job, KnownDocument document) {}

    private final Map<String, Map<String, Integer>> lines = new TreeMap<>();

    /** @param log the documents of each source in the order of the log, which also has the repeated ones */
    static Expected of(List<Posted> log) {
        var expected = new Expected();
        for (var name :
                List.of("records", "echoes", "chunked", "mention records", "extracted", "document", "versions")) {
            expected.lines.put(name, new TreeMap<>());
        }
        var current = new HashMap<String, KnownDocument>();
        var versions = new TreeMap<String, Integer>();
        var contributions = new LinkedHashSet<KnownDocument>();
        for (var posted : log) {
            var document = posted.document();
            if (!document.poison()) {
                expected.add("records", posted.job());
                expected.add("echoes", posted.job());
            }
            if (!document.equals(current.put(document.sourceUri(), document))) {
                expected.add("chunked", posted.job());
                versions.merge(document.sourceUri(), 1, Integer::sum);
                contributions.add(document);
            }
        }
        current.forEach((source, document) -> expected.add("document", source + " | " + document.content()));
        versions.forEach((source, count) -> expected.add("versions", source + " | " + count));
        expected.addGraph(contributions);
        return expected;
    }

    private void addGraph(Collection<KnownDocument> contributions) {
        var types = new TreeMap<String, Map<String, Integer>>();
        var related = new LinkedHashMap<Relationship, Integer>();
        for (var document : contributions) {
            var chunk = document.sourceUri() + " | " + document.content() + " | ";
            add("extracted", chunk + document.entities().size() + " | " + distinct(document));
            for (var entity : document.entities()) {
                add("mention records", chunk + entity.name());
                add("entity mention", chunk + entity.name() + " | " + entity.type());
                types.computeIfAbsent(entity.name(), first -> new TreeMap<>()).merge(entity.type(), 1, Integer::sum);
            }
            for (var relationship : Set.copyOf(document.relationships())) {
                add("relationship mention", chunk + arrow(relationship));
                related.merge(relationship, 1, Integer::sum);
            }
        }
        addEntities(types, related.keySet());
        related.forEach((relationship, mentions) -> add("relationship", arrow(relationship) + " | " + mentions));
    }

    private static int distinct(KnownDocument document) {
        return new HashSet<>(document.relationships()).size();
    }

    private void addEntities(Map<String, Map<String, Integer>> types, Collection<Relationship> related) {
        var out = new HashMap<String, Integer>();
        var in = new HashMap<String, Integer>();
        for (var relationship : related) {
            out.merge(relationship.source(), 1, Integer::sum);
            in.merge(relationship.target(), 1, Integer::sum);
        }
        types.forEach((name, votes) -> add(
                "entity",
                "%s | %s | %d | %d | %d"
                        .formatted(
                                name,
                                mostVotes(votes),
                                votes.values().stream()
                                        .mapToInt(Integer::intValue)
                                        .sum(),
                                out.getOrDefault(name, 0),
                                in.getOrDefault(name, 0))));
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

    private void add(String kind, String line) {
        lines.computeIfAbsent(kind, first -> new TreeMap<>()).merge(line, 1, Integer::sum);
    }

    Map<String, Integer> lines(String kind) {
        return lines.getOrDefault(kind, Map.of());
    }
}
