package io.millrace.graph;

import io.millrace.graph.EdgeReader.Edge;
import io.millrace.graph.GraphReader.EntityView;
import io.millrace.graph.SubgraphReader.Link;
import io.millrace.pg.Database;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Shortest paths between two entities, searched from both ends at once, always from the end with fewer entities to look at
 * next: two searches of half the depth see the square root of what one would.
 *
 * <p>Levels are finished before ends are compared, so the first meeting is a shortest one, and all shortest paths go through
 * an entity at which they meet.
 */
public final class PathReader {

    /** Entities that a search may reach before it gives up. */
    private static final int MAX_REACHED = 20_000;

    private final EdgeReader edges;

    public PathReader(Database database) {
        this.edges = new EdgeReader(database);
    }

    /** A path: one relationship fewer than entities. Of several between the same two, the one that is told most often. */
    public record Path(List<UUID> entities, List<Link> relationships) {}

    /**
     * What a search found.
     *
     * @param entities all that stand on a path
     * @param truncated whether a bound was met, so that there may be shorter paths, or more of them
     */
    public record Paths(List<Path> paths, List<EntityView> entities, boolean truncated) {}

    /** Where a step came from, and by which relationship. */
    private record Hop(UUID previous, Edge edge) {}

    /** The search from one end. */
    private static final class Side {
        private final boolean outwards;
        private final boolean inwards;
        private final Map<UUID, List<Hop>> hops = new HashMap<>();
        private List<UUID> frontier;
        private int depth;

        Side(UUID start, boolean outwards, boolean inwards) {
            this.outwards = outwards;
            this.inwards = inwards;
            this.frontier = List.of(start);
            hops.put(start, List.of());
        }

        /** Takes in a step; an entity keeps every hop that reaches it at its own depth. */
        void advance(Collection<Edge> stepEdges) {
            var ends = Set.copyOf(frontier);
            var reached = new TreeMap<UUID, Map<UUID, Edge>>();
            for (var edge : stepEdges) {
                if (outwards && ends.contains(edge.sourceEntityId())) {
                    reach(reached, edge.sourceEntityId(), edge.targetEntityId(), edge);
                }
                if (inwards && ends.contains(edge.targetEntityId())) {
                    reach(reached, edge.targetEntityId(), edge.sourceEntityId(), edge);
                }
            }
            reached.forEach((id, by) -> {
                var list = new ArrayList<Hop>();
                by.forEach((previous, edge) -> list.add(new Hop(previous, edge)));
                hops.put(id, list);
            });
            frontier = List.copyOf(reached.keySet());
            depth++;
        }

        private void reach(Map<UUID, Map<UUID, Edge>> reached, UUID from, UUID to, Edge edge) {
            if (!hops.containsKey(to)) {
                reached.computeIfAbsent(to, id -> new TreeMap<>())
                        .merge(from, edge, (one, other) -> TOLD_MOST.compare(one, other) <= 0 ? one : other);
            }
        }

        List<Hop> hops(UUID id) {
            return hops.getOrDefault(id, List.of());
        }
    }

    private static final Comparator<Edge> TOLD_MOST =
            Comparator.comparingLong(Edge::mentions).reversed().thenComparing(Edge::id);

    /** A search that is under way. */
    private static final class Search {
        private final Side from;
        private final Side to;
        private final int maxDepth;
        private boolean truncated;

        Search(UUID from, UUID to, int maxDepth, boolean directed) {
            this.from = new Side(from, true, !directed);
            this.to = new Side(to, !directed, true);
            this.maxDepth = maxDepth;
        }

        Set<UUID> meetings() {
            var meetings = new TreeSet<>(from.frontier);
            meetings.addAll(to.frontier);
            meetings.removeIf(id -> !from.hops.containsKey(id) || !to.hops.containsKey(id));
            return meetings;
        }

        boolean isOver() {
            return from.depth + to.depth == maxDepth || from.frontier.isEmpty() || to.frontier.isEmpty();
        }

        boolean isTooLarge() {
            return from.hops.size() + to.hops.size() > MAX_REACHED;
        }

        Side smaller() {
            return from.frontier.size() <= to.frontier.size() ? from : to;
        }
    }

    /**
     * Shortest paths between two entities, which have to be of the workspace.
     *
     * @param directed whether relationships are only followed from source to target
     * @param limit paths
     */
    public Future<Paths> between(String workspace, UUID from, UUID to, int maxDepth, boolean directed, int limit) {
        var search = new Search(from, to, maxDepth, directed);
        return meet(search).compose(meetings -> {
            var paths = paths(search, meetings, limit);
            var ids = new LinkedHashSet<UUID>();
            paths.forEach(path -> ids.addAll(path.entities()));
            return edges.entities(workspace, ids).map(entities -> new Paths(paths, entities, search.truncated));
        });
    }

    private Future<Set<UUID>> meet(Search search) {
        var meetings = search.meetings();
        if (!meetings.isEmpty() || search.isOver()) {
            return Future.succeededFuture(meetings);
        }
        if (search.isTooLarge()) {
            search.truncated = true;
            return Future.succeededFuture(Set.of());
        }
        var side = search.smaller();
        return edges.around(side.frontier, side.outwards, side.inwards).compose(step -> {
            search.truncated |= step.truncated();
            side.advance(step.edges());
            return meet(search);
        });
    }

    private static List<Path> paths(Search search, Set<UUID> meetings, int limit) {
        var paths = new ArrayList<Path>();
        for (var meeting : meetings) {
            for (var head : trails(search.from, meeting, limit)) {
                for (var tail : trails(search.to, meeting, limit)) {
                    if (paths.size() == limit) {
                        search.truncated = true;
                        return paths;
                    }
                    paths.add(path(meeting, head, tail));
                }
            }
        }
        return paths;
    }

    /** Ways from an entity back to where a side began; at most {@code limit + 1}, which is enough to see that there are more. */
    private static List<List<Hop>> trails(Side side, UUID end, int limit) {
        var trails = List.of(List.<Hop>of());
        while (true) {
            var longer = new ArrayList<List<Hop>>();
            for (var trail : trails) {
                var at = trail.isEmpty() ? end : trail.getLast().previous();
                for (var hop : side.hops(at)) {
                    if (longer.size() <= limit) {
                        var extended = new ArrayList<>(trail);
                        extended.add(hop);
                        longer.add(extended);
                    }
                }
            }
            if (longer.isEmpty()) {
                return trails;
            }
            trails = List.copyOf(longer);
        }
    }

    private static Path path(UUID meeting, List<Hop> head, List<Hop> tail) {
        var entities = new ArrayList<UUID>();
        var relationships = new ArrayList<Link>();
        for (var hop : head.reversed()) {
            entities.add(hop.previous());
            relationships.add(Link.of(hop.edge()));
        }
        entities.add(meeting);
        for (var hop : tail) {
            relationships.add(Link.of(hop.edge()));
            entities.add(hop.previous());
        }
        return new Path(entities, relationships);
    }
}
