package io.millrace.graph;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.extract.Mention;
import io.millrace.pg.NameUuid;
import io.millrace.stats.StatsDelta;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class GraphFoldTest {

    private static final List<String> WORKSPACES = List.of("default", "other");
    /** Few of each, so that they meet; the last two are ordered differently by bytes and by UTF-16 units. */
    private static final List<String> VALUES = List.of("A", "a", "\uFF21", "\uD835\uDC00");

    @Property(tries = 200)
    void anyOrderAndAnySplitGiveTheSameGraph(
            @ForAll("mentions") List<Mention> mentions, @ForAll long order, @ForAll long split) {
        var oneByOne = new StoredGraph();
        mentions.forEach(mention -> oneByOne.fold(List.of(mention)));
        var atOnce = new StoredGraph();
        atOnce.fold(mentions);
        var shuffled = new ArrayList<>(mentions);
        Collections.shuffle(shuffled, new Random(order));
        var inPieces = new StoredGraph();
        pieces(shuffled, new Random(split)).forEach(inPieces::fold);

        assertThat(atOnce.rows()).isEqualTo(oneByOne.rows());
        assertThat(inPieces.rows()).isEqualTo(oneByOne.rows());
    }

    @Property(tries = 200)
    void whatWasFoldedBeforeChangesNothing(
            @ForAll("mentions") List<Mention> mentions, @ForAll long order, @ForAll long split) {
        var random = new Random(order);
        var again = new ArrayList<>(mentions);
        again.addAll(mentions.stream().filter(mention -> random.nextBoolean()).toList());
        Collections.shuffle(again, random);
        var once = new StoredGraph();
        once.fold(mentions);
        var twice = new StoredGraph();
        pieces(again, new Random(split)).forEach(twice::foldAgain);

        assertThat(twice.rows()).isEqualTo(once.rows());
    }

    /** The differences that the changes tell add up to what a count of the mentions gives. */
    @Property(tries = 200)
    void changesAddUpToTheGraph(@ForAll("mentions") List<Mention> mentions, @ForAll long split) {
        var graph = new StoredGraph();
        pieces(mentions, new Random(split)).forEach(graph::fold);

        assertThat(graph.toldDescriptions()).isEqualTo(graph.descriptions());
        var told = graph.statistics();
        for (var workspace : WORKSPACES) {
            var here = mentions.stream()
                    .filter(mention -> mention.workspace().equals(workspace))
                    .toList();
            var relationships = here.stream()
                    .filter(Mention.OfRelationship.class::isInstance)
                    .map(Mention.OfRelationship.class::cast)
                    .toList();
            var entities = here.stream().map(Mention::owner).distinct().count();
            assertThat(counter(told, workspace, "entities")).isEqualTo(entities);
            assertThat(counter(told, workspace, "relationships"))
                    .isEqualTo(relationships.stream()
                            .map(Mention.OfRelationship::relationshipId)
                            .distinct()
                            .count());
            assertThat(counter(told, workspace, "relationship_mentions")).isEqualTo(relationships.size());
            assertThat(counter(told, workspace, "entity_mentions"))
                    .isEqualTo(here.stream()
                            .filter(Mention.OfEntity.class::isInstance)
                            .count());
            assertThat(total(told, workspace, "entity_type")).isEqualTo(entities);
            assertThat(total(told, workspace, "degree")).isEqualTo(entities);
        }
    }

    private static long counter(Map<StatsDelta.Counter, Long> counters, String workspace, String name) {
        return counters.getOrDefault(new StatsDelta.Counter(workspace, name, ""), 0L);
    }

    private static long total(Map<StatsDelta.Counter, Long> counters, String workspace, String name) {
        return counters.entrySet().stream()
                .filter(entry -> entry.getKey().workspace().equals(workspace)
                        && entry.getKey().name().equals(name))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    private static List<List<Mention>> pieces(List<Mention> mentions, Random random) {
        var pieces = new ArrayList<List<Mention>>();
        for (var from = 0; from < mentions.size(); ) {
            var to = Math.min(mentions.size(), from + 1 + random.nextInt(8));
            pieces.add(mentions.subList(from, to));
            from = to;
        }
        return pieces;
    }

    @Provide
    Arbitrary<List<Mention>> mentions() {
        return mention().list().ofMaxSize(60).map(GraphFoldTest::each);
    }

    /** A chunk contributes once to a subject. */
    private static List<Mention> each(List<Mention> drawn) {
        var mentions = new LinkedHashMap<GraphState.Contribution, Mention>();
        for (var mention : drawn) {
            mentions.putIfAbsent(contribution(mention), mention);
        }
        return List.copyOf(mentions.values());
    }

    private static GraphState.Contribution contribution(Mention mention) {
        return switch (mention) {
            case Mention.OfEntity entity -> new GraphState.Contribution(entity.entityId(), entity.chunkId(), false);
            case Mention.OfRelationship relationship ->
                new GraphState.Contribution(relationship.relationshipId(), relationship.chunkId(), false);
            case Mention.OfEnd end -> new GraphState.Contribution(end.relationshipId(), end.chunkId(), true);
        };
    }

    private static Arbitrary<Mention> mention() {
        var numbers = Arbitraries.integers().between(0, 3);
        var text = Arbitraries.of(VALUES).injectNull(0.3);
        return Combinators.combine(
                        Arbitraries.of(WORKSPACES),
                        Arbitraries.integers().between(0, 2),
                        numbers.list().ofSize(4),
                        Arbitraries.of(VALUES),
                        text,
                        text,
                        Arbitraries.integers().between(1, 5_000_000))
                .as(GraphFoldTest::mention);
    }

    /** @param numbers source, target, chunk, and how often or when */
    private static Mention mention(
            String workspace,
            int kind,
            List<Integer> numbers,
            String value,
            String type,
            String description,
            int evidence) {
        var source = id(workspace, "entity", numbers.get(0));
        var target = id(workspace, "entity", numbers.get(1));
        var relationship = id(source.toString(), target + value, 0);
        var chunk = id(workspace, "chunk", numbers.get(2) * 4 + numbers.get(3));
        var at = Instant.ofEpochSecond(numbers.get(2) * 100L + numbers.get(3));
        return switch (kind) {
            case 0 ->
                new Mention.OfEntity(
                        workspace, chunk, source, value, type, description, evidence, 1 + numbers.get(3), at);
            case 1 ->
                new Mention.OfRelationship(
                        workspace, chunk, relationship, source, target, value, description, evidence, at);
            default -> new Mention.OfEnd(workspace, chunk, relationship, target, at);
        };
    }

    private static UUID id(String scope, String kind, int number) {
        return NameUuid.md5(scope + "/" + kind + "/" + number);
    }
}
