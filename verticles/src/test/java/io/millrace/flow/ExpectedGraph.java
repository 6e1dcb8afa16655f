package io.millrace.flow;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What letters come to, counted in the plainest way, and compared with what is stored. It shares no code with the stages.
 */
final class ExpectedGraph {

    private final Map<String, Map<String, Integer>> expected = new TreeMap<>();

    /** @param letters each once, however often it was posted */
    ExpectedGraph(Collection<Letter> letters) {
        var entities = new TreeMap<String, Map<String, Integer>>();
        var out = new TreeMap<String, Integer>();
        var in = new TreeMap<String, Integer>();
        var related = new HashSet<Letter.Relationship>();
        for (var letter : letters) {
            expect("document", letter.sourceUri() + " | 1");
            expect(
                    "chunk",
                    letter.sourceUri() + " | " + letter.content() + " | "
                            + letter.entities().size() + " | "
                            + letter.relationships().size());
            for (var entity : letter.entities()) {
                expect("entity mention", letter.sourceUri() + " | " + entity.name() + " | " + entity.type());
                entities.computeIfAbsent(entity.name(), name -> new TreeMap<>()).merge(entity.type(), 1, Integer::sum);
            }
            for (var relationship : letter.relationships()) {
                expect("relationship mention", letter.sourceUri() + " | " + arrow(relationship));
                if (related.add(relationship)) {
                    out.merge(relationship.source(), 1, Integer::sum);
                    in.merge(relationship.target(), 1, Integer::sum);
                }
            }
        }
        entities.forEach((name, types) -> expect(
                "entity",
                "%s | %s | %d | %d | %d"
                        .formatted(
                                name,
                                mostVotes(types),
                                types.values().stream()
                                        .mapToInt(Integer::intValue)
                                        .sum(),
                                out.getOrDefault(name, 0),
                                in.getOrDefault(name, 0))));
        related.forEach(relationship -> expect("relationship", arrow(relationship)));
    }

    private static String mostVotes(Map<String, Integer> votes) {
        return votes.entrySet().stream()
                .min(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .orElseThrow()
                .getKey();
    }

    private static String arrow(Letter.Relationship relationship) {
        return relationship.source() + " | " + relationship.type() + " | " + relationship.target();
    }

    private void expect(String kind, String what) {
        expected.computeIfAbsent(kind, first -> new TreeMap<>()).merge(what, 1, Integer::sum);
    }

    private static final Map<String, String> QUERIES = Map.of(
            "document",
            "select source_uri, cardinality(chunk_ids) from jobs.documents",
            "chunk",
            """
            select d.source_uri, c.content, x.entities, x.relationships
            from jobs.chunks c
            join jobs.documents d on d.document_id = c.document_id
            left join lightrag.chunk_extractions x on x.chunk_id = c.chunk_id
            """,
            "entity mention",
            """
            select d.source_uri, m.name, m.entity_type
            from lightrag.entity_mentions m
            left join jobs.chunks c on c.chunk_id = m.chunk_id
            left join jobs.documents d on d.document_id = c.document_id
            """,
            "relationship mention",
            """
            select d.source_uri, s.name, r.relationship_type, t.name
            from lightrag.relationship_mentions m
            left join lightrag.relationship_state r on r.id = m.relationship_id
            left join lightrag.entity_state s on s.id = r.source_entity_id
            left join lightrag.entity_state t on t.id = r.target_entity_id
            left join jobs.chunks c on c.chunk_id = m.chunk_id
            left join jobs.documents d on d.document_id = c.document_id
            """,
            "entity",
            "select name, entity_type, mentions, out_degree, in_degree from lightrag.entity_state",
            "relationship",
            """
            select s.name, r.relationship_type, t.name
            from lightrag.relationship_state r
            left join lightrag.entity_state s on s.id = r.source_entity_id
            left join lightrag.entity_state t on t.id = r.target_entity_id
            """);

    /** Things of each kind that should be there. */
    Map<String, Integer> counts() {
        var counts = new TreeMap<String, Integer>();
        expected.forEach((kind, things) -> counts.put(
                kind, things.values().stream().mapToInt(Integer::intValue).sum()));
        return counts;
    }

    /** What is stored too often or not often enough; empty when each thing is there as often as it should be. */
    List<String> differences(Rows rows) {
        var differences = new ArrayList<String>();
        expected.forEach((kind, things) -> {
            var stored = new TreeMap<String, Integer>();
            rows.list(Objects.requireNonNull(QUERIES.get(kind))).forEach(row -> stored.merge(row, 1, Integer::sum));
            var all = new HashSet<>(things.keySet());
            all.addAll(stored.keySet());
            for (var thing : all) {
                var wanted = things.getOrDefault(thing, 0);
                var found = stored.getOrDefault(thing, 0);
                if (!wanted.equals(found)) {
                    differences.add("%s, %d instead of %d times: %s".formatted(kind, found, wanted, thing));
                }
            }
        });
        return differences;
    }
}
