package io.millrace.flow;

import static io.millrace.flow.Posts.document;
import static io.millrace.flow.Posts.entity;
import static io.millrace.flow.Posts.relationship;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From entity to entity: neighbours, what stands around one, and paths between two. */
class GraphReadsTest extends PodTest {

    private static final String NOBODY = "00000000-0000-0000-0000-000000000000";

    /** Posts a document that brings these relationships: {@code source TYPE target}. */
    private void graph(String... triples) {
        var entities = new TreeSet<String>();
        var relationships = new ArrayList<JsonObject>();
        for (var triple : triples) {
            var words = triple.split(" ", -1);
            entities.add(words[0]);
            entities.add(words[2]);
            relationships.add(relationship(words[0], words[1], words[2]));
        }
        completed(document(
                "graph/" + UUID.randomUUID(),
                "A graph.",
                entities.stream().map(name -> entity(name, "NODE")).toList(),
                relationships));
    }

    private String id(String name) {
        return rows.list("select id from lightrag.entities where workspace = ? and name = ?", workspace, name)
                .getFirst();
    }

    private static List<String> names(List<JsonObject> neighbors) {
        return neighbors.stream()
                .map(neighbor -> neighbor.getString("direction") + " " + neighbor.getString("relationship_type") + " "
                        + neighbor.getString("other_name"))
                .toList();
    }

    @Test
    void neighborsAreListedByDirectionAndTypeEachOnce() {
        graph("Hub KNOWS A", "Hub KNOWS B", "Hub OWNS C", "D KNOWS Hub", "E SEES Hub", "Hub KNOWS Hub");
        var path = "/v1/graph/entities/" + id("Hub") + "/neighbors";

        for (var limit : List.of(1, 2, 3, 50)) {
            assertThat(names(reads.all(path + "?limit=" + limit, "neighbors")))
                    .as("limit " + limit)
                    .hasSize(7)
                    .containsExactlyInAnyOrder(
                            "out KNOWS A",
                            "out KNOWS B",
                            "out KNOWS Hub",
                            "out OWNS C",
                            "in KNOWS D",
                            "in KNOWS Hub",
                            "in SEES E");
        }
        assertThat(names(reads.all(path + "?limit=1&direction=in", "neighbors")))
                .containsExactlyInAnyOrder("in KNOWS D", "in KNOWS Hub", "in SEES E");
        assertThat(names(reads.all(path + "?limit=2&type=KNOWS", "neighbors")))
                .containsExactlyInAnyOrder("out KNOWS A", "out KNOWS B", "out KNOWS Hub", "in KNOWS D", "in KNOWS Hub");
        assertThat(names(reads.all(path + "?type=OWNS&direction=out", "neighbors")))
                .containsExactly("out OWNS C");
        assertThat(reads.all(path + "?type=NONE", "neighbors")).isEmpty();
    }

    private static Set<String> nodes(JsonObject subgraph) {
        return Reads.objects(subgraph.getJsonArray("nodes")).stream()
                .map(node -> node.getInteger("depth") + " "
                        + node.getJsonObject("entity").getString("name"))
                .collect(Collectors.toSet());
    }

    private static List<String> types(JsonArray relationships) {
        return Reads.objects(relationships).stream()
                .map(relationship -> relationship.getString("relationship_type"))
                .sorted()
                .toList();
    }

    @Test
    void aSubgraphHoldsWhatIsWithinItsDepthAndAllThatConnectsIt() {
        graph("A AB B", "A AC C", "B BC C", "C CD D", "D DE E", "X XA A");

        var one = reads.json("/v1/graph/subgraph?entity=" + id("A"));
        var two = reads.json("/v1/graph/subgraph?depth=2&entity=" + id("A"));

        assertThat(nodes(one)).containsExactlyInAnyOrder("0 A", "1 B", "1 C", "1 X");
        assertThat(types(one.getJsonArray("relationships"))).containsExactly("AB", "AC", "BC", "XA");
        assertThat(one.getBoolean("truncated")).isFalse();
        assertThat(nodes(two)).containsExactlyInAnyOrder("0 A", "1 B", "1 C", "1 X", "2 D");
        assertThat(types(two.getJsonArray("relationships"))).containsExactly("AB", "AC", "BC", "CD", "XA");
    }

    @Test
    void aSubgraphThatIsCutSaysSoAndKeepsWhatIsToldMost() {
        graph("A R B", "A R C", "A R D");
        graph("A R C");

        var cut = reads.json("/v1/graph/subgraph?limit=2&entity=" + id("A"));

        assertThat(nodes(cut)).containsExactlyInAnyOrder("0 A", "1 C");
        assertThat(cut.getBoolean("truncated")).isTrue();
        assertThat(reads.json("/v1/graph/subgraph?limit=4&entity=" + id("A")).getBoolean("truncated"))
                .isFalse();
    }

    private JsonObject paths(String from, String to, String more) {
        return reads.json("/v1/graph/paths?from=" + id(from) + "&to=" + id(to) + more);
    }

    private List<String> walked(JsonObject paths) {
        var names = new java.util.HashMap<String, String>();
        Reads.objects(paths.getJsonArray("entities"))
                .forEach(entity -> names.put(entity.getString("id"), entity.getString("name")));
        return Reads.objects(paths.getJsonArray("paths")).stream()
                .map(path ->
                        path.getJsonArray("entities").stream().map(names::get).collect(Collectors.joining(" ")))
                .sorted()
                .toList();
    }

    @Test
    void allShortestPathsAreFound() {
        graph("A R B", "B R C", "C R D", "D R E", "A R X", "X R C", "A R L1", "L1 R L2", "L2 R L3", "L3 R E");

        var found = paths("A", "E", "&limit=20");

        assertThat(found.getInteger("length")).isEqualTo(4);
        assertThat(walked(found)).containsExactly("A B C D E", "A L1 L2 L3 E", "A X C D E");
        assertThat(found.getBoolean("truncated")).isFalse();
        assertThat(walked(paths("E", "A", "&limit=20"))).containsExactly("E D C B A", "E D C X A", "E L3 L2 L1 A");
        assertThat(paths("A", "E", "&limit=2").getJsonArray("paths")).hasSize(2);
        assertThat(paths("A", "E", "&limit=2").getBoolean("truncated")).isTrue();
        assertThat(paths("A", "E", "&max_depth=3").getValue("length")).isNull();
        assertThat(walked(paths("A", "C", ""))).containsExactly("A B C", "A X C");
        assertThat(paths("A", "A", "").getInteger("length")).isZero();
        assertThat(walked(paths("A", "B", ""))).containsExactly("A B");
    }

    @Test
    void arrowsCountWhereThatIsAskedFor() {
        graph("A R B", "C R B", "C R D", "D R E", "A R F", "F R G", "G R H", "H R D");

        assertThat(walked(paths("A", "D", ""))).containsExactly("A B C D");
        assertThat(walked(paths("A", "D", "&directed=true"))).containsExactly("A F G H D");
        assertThat(paths("D", "A", "&directed=true&max_depth=8").getJsonArray("paths"))
                .isEmpty();
    }

    @Test
    void pathsAgreeWithASearchFromOneEnd() {
        var random = new java.util.Random(7);
        var triples = new TreeSet<String>();
        while (triples.size() < 60) {
            triples.add("N%d R N%d".formatted(random.nextInt(40), random.nextInt(40)));
        }
        graph(triples.toArray(String[]::new));
        var next = new java.util.HashMap<String, Set<String>>();
        for (var triple : triples) {
            var words = triple.split(" ", -1);
            next.computeIfAbsent(words[0], name -> new TreeSet<>()).add(words[2]);
            next.computeIfAbsent(words[2], name -> new TreeSet<>()).add(words[0]);
        }
        var start = triples.first().split(" ", -1)[0];
        var distances = new java.util.TreeMap<String, Integer>();
        distances.put(start, 0);
        var queue = new java.util.ArrayDeque<>(List.of(start));
        while (!queue.isEmpty()) {
            var at = queue.remove();
            for (var neighbor : next.getOrDefault(at, Set.of())) {
                if (distances.putIfAbsent(neighbor, distances.getOrDefault(at, 0) + 1) == null) {
                    queue.add(neighbor);
                }
            }
        }

        distances.forEach((name, distance) -> {
            var found = paths(start, name, "&max_depth=8");
            assertThat(found.getInteger("length")).as(start + " to " + name).isEqualTo(distance <= 8 ? distance : null);
        });
        assertThat(distances).hasSizeGreaterThan(20);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/graph/entities/17/neighbors, id",
        "/v1/graph/entities/" + NOBODY + "/neighbors?direction=up, direction",
        "/v1/graph/entities/" + NOBODY + "/neighbors?limit=501, limit",
        "/v1/graph/entities/" + NOBODY + "/neighbors?cursor=x, cursor",
        "/v1/graph/subgraph, entity",
        "/v1/graph/subgraph?entity=x, entity",
        "/v1/graph/subgraph?entity=" + NOBODY + "&depth=5, depth",
        "/v1/graph/subgraph?entity=" + NOBODY + "&limit=501, limit",
        "/v1/graph/paths?from=" + NOBODY + ", to",
        "/v1/graph/paths?from=" + NOBODY + "&to=" + NOBODY + "&max_depth=9, max_depth",
        "/v1/graph/paths?from=" + NOBODY + "&to=" + NOBODY + "&depth=1, depth",
    })
    void whatIsNotUnderstoodIsRefused(String path, String parameter) {
        isRefused(path, parameter);
    }

    @Test
    void anEntityOfAnotherWorkspaceIsUnknown() {
        graph("A R B");
        var other = pod.reads("elsewhere");

        assertThat(other.get("/v1/graph/entities/" + id("A") + "/neighbors").code())
                .isEqualTo("404 not_found");
        assertThat(other.get("/v1/graph/subgraph?entity=" + id("A")).code()).isEqualTo("404 not_found");
        assertThat(other.get("/v1/graph/paths?from=" + id("A") + "&to=" + id("B"))
                        .code())
                .isEqualTo("404 not_found");
    }
}
