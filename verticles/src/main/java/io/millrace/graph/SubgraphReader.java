package io.millrace.graph;

import io.millrace.graph.EdgeReader.Edge;
import io.millrace.graph.GraphReader.EntityView;
import io.millrace.pg.Database;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What stands around an entity: breadth first to a depth, the neighbours that are told of most often first where there are
 * more than the limit, and every relationship between the entities found.
 */
public final class SubgraphReader {

    private static final int MAX_RELATIONSHIPS = 5_000;

    private final EdgeReader edges;

    public SubgraphReader(Database database) {
        this.edges = new EdgeReader(database);
    }

    /** An entity, so many steps from the first. */
    public record Node(int depth, EntityView entity) {}

    /** A relationship between two of the entities. */
    public record Link(
            UUID id,
            UUID sourceEntityId,
            UUID targetEntityId,
            String relationshipType,
            @Nullable String description,
            double confidence,
            long mentions) {

        static Link of(Edge edge) {
            return new Link(
                    edge.id(),
                    edge.sourceEntityId(),
                    edge.targetEntityId(),
                    edge.relationshipType(),
                    edge.description(),
                    edge.confidence(),
                    edge.mentions());
        }
    }

    /**
     * What was found.
     *
     * @param truncated whether a bound was met, so that something at this depth is missing
     */
    public record Subgraph(List<Node> nodes, List<Link> relationships, boolean truncated) {}

    /** A walk that is under way. */
    private static final class Walk {
        private final int limit;
        private final Map<UUID, Integer> depths = new LinkedHashMap<>();
        private final Map<UUID, Edge> seen = new HashMap<>();
        private boolean truncated;

        Walk(UUID start, int limit) {
            this.limit = limit;
            depths.put(start, 0);
        }

        void see(EdgeReader.Step step) {
            truncated |= step.truncated();
            step.edges().forEach(edge -> seen.putIfAbsent(edge.id(), edge));
        }

        /** Takes in the entities that a step has newly reached; gives them. */
        List<UUID> reach(EdgeReader.Step step, int depth) {
            var reached = new ArrayList<UUID>();
            for (var id : newcomers(step.edges())) {
                if (depths.size() == limit) {
                    truncated = true;
                    break;
                }
                depths.put(id, depth);
                reached.add(id);
            }
            return reached;
        }

        private List<UUID> newcomers(Collection<Edge> stepEdges) {
            var mentions = new HashMap<UUID, Long>();
            for (var edge : stepEdges) {
                for (var end : List.of(edge.sourceEntityId(), edge.targetEntityId())) {
                    if (!depths.containsKey(end)) {
                        mentions.merge(end, edge.mentions(), Long::sum);
                    }
                }
            }
            return mentions.entrySet().stream()
                    .sorted(Map.Entry.<UUID, Long>comparingByValue()
                            .reversed()
                            .thenComparing(Map.Entry.comparingByKey()))
                    .map(Map.Entry::getKey)
                    .toList();
        }

        List<Link> links(Collection<UUID> present) {
            var links = seen.values().stream()
                    .filter(edge -> present.contains(edge.sourceEntityId()) && present.contains(edge.targetEntityId()))
                    .sorted(Comparator.comparingLong(Edge::mentions).reversed().thenComparing(Edge::id))
                    .map(Link::of)
                    .toList();
            truncated |= links.size() > MAX_RELATIONSHIPS;
            return links.subList(0, Math.min(links.size(), MAX_RELATIONSHIPS));
        }
    }

    /**
     * The subgraph around an entity, which has to be of the workspace.
     *
     * @param limit entities, the first one included
     */
    public Future<Subgraph> around(String workspace, UUID entity, int depth, int limit) {
        var walk = new Walk(entity, limit);
        return expand(walk, List.of(entity), 1, depth)
                .compose(walked -> edges.entities(workspace, walk.depths.keySet()))
                .map(entities -> subgraph(walk, entities));
    }

    /** One step beyond the last entities as well, for the relationships among them. */
    private Future<Void> expand(Walk walk, List<UUID> frontier, int depth, int maxDepth) {
        if (frontier.isEmpty()) {
            return Future.succeededFuture();
        }
        return edges.around(frontier, true, true).compose(step -> {
            walk.see(step);
            return depth > maxDepth
                    ? Future.succeededFuture()
                    : expand(walk, walk.reach(step, depth), depth + 1, maxDepth);
        });
    }

    /** An end whose owner has not written it yet is left out, and with it what leads there. */
    private static Subgraph subgraph(Walk walk, List<EntityView> entities) {
        var byId = new HashMap<UUID, EntityView>();
        entities.forEach(entity -> byId.put(entity.id(), entity));
        var nodes = new ArrayList<Node>();
        walk.depths.forEach((id, depth) -> {
            var entity = byId.get(id);
            if (entity != null) {
                nodes.add(new Node(depth, entity));
            }
        });
        var links = walk.links(byId.keySet());
        return new Subgraph(nodes, links, walk.truncated);
    }
}
