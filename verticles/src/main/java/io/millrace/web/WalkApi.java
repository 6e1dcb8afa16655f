package io.millrace.web;

import io.millrace.MillraceException.NotFound;
import io.millrace.graph.GraphReader;
import io.millrace.graph.NeighborReader;
import io.millrace.graph.NeighborReader.Direction;
import io.millrace.graph.PathReader;
import io.millrace.graph.SubgraphReader;
import io.millrace.pg.Database;
import io.vertx.core.Future;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** {@code /v1/graph}, from entity to entity: neighbours, what stands around one, and paths between two. */
final class WalkApi {

    private static final int NEIGHBORS = 50;
    private static final int MAX_NEIGHBORS = 500;
    private static final int NODES = 100;
    private static final int MAX_NODES = 500;
    private static final int DEPTH = 1;
    private static final int MAX_DEPTH = 4;
    private static final int PATHS = 3;
    private static final int MAX_PATHS = 20;
    private static final int PATH_LENGTH = 4;
    private static final int MAX_PATH_LENGTH = 8;
    private static final String CURSOR = "neighbors";

    private final Supplier<Database> database;

    private final DoorMemory memory;

    WalkApi(Supplier<Database> database, DoorMemory memory) {
        this.database = database;
        this.memory = memory;
    }

    void mount(Router router) {
        router.get("/v1/graph/entities/:id/neighbors").handler(this::neighbors);
        router.get("/v1/graph/subgraph").handler(this::subgraph);
        router.get("/v1/graph/paths").handler(this::paths);
    }

    /** Fails when an entity is not of the workspace: relationships do not say whose they are. */
    private Future<Void> exists(String workspace, UUID id) {
        return new GraphReader(database.get()).find(workspace, id).map(found -> {
            if (found.isEmpty()) {
                throw new NotFound("entity", id.toString());
            }
            return null;
        });
    }

    /** Where a page goes on. */
    private record Place(Direction direction, NeighborReader.Position behind) {}

    private record NeighborPage(
            UUID entityId,
            List<GraphReader.RelationshipView> neighbors,
            @Nullable String nextCursor) {}

    private void neighbors(RoutingContext context) {
        Requests.onlyKnows(context, "type", "direction", "limit", "cursor");
        var id = Requests.uuid("id", context.pathParam("id"));
        var type = Requests.text(context, "type");
        var direction = Requests.oneOf(context, "direction", List.of("out", "in", "both"));
        var limit = Requests.limit(context, NEIGHBORS, MAX_NEIGHBORS);
        var behind = Cursor.read(
                context,
                CURSOR,
                cursor -> new Place(
                        direction(cursor.text(1)), new NeighborReader.Position(cursor.text(2), cursor.uuid(3))));
        var both = direction == null || direction.equals("both");
        var first = direction == null || both ? Direction.OUT : direction(direction);
        var place = behind != null ? behind : new Place(first, NeighborReader.Position.FIRST);
        var page = exists(Requests.workspace(context), id)
                .compose(known -> neighbors(id, type, place, both, limit + 1))
                .map(found -> page(id, found, limit));
        answer(context, page, found -> bytes(found.neighbors(), GraphReader.RelationshipView::description));
    }

    private static NeighborPage page(UUID id, List<GraphReader.RelationshipView> found, int limit) {
        return new NeighborPage(
                id,
                found.stream().limit(limit).toList(),
                Cursor.next(
                        found, limit, last -> Cursor.of(CURSOR, last.direction(), last.relationshipType(), last.id())));
    }

    private <T> void answer(RoutingContext context, Future<T> found, ToLongFunction<T> bytes) {
        Json.answer(context, memory.answering(0, () -> found, bytes));
    }

    /** Descriptions are what can be long; the rest of an entity or relationship is a few hundred characters. */
    private static <T> long bytes(List<T> found, Function<T, @Nullable String> description) {
        return found.stream()
                .map(description)
                .mapToLong(text -> 300L + (text == null ? 0 : text.length()))
                .sum();
    }

    private static Direction direction(String word) {
        return Direction.valueOf(word.toUpperCase(Locale.ROOT));
    }

    /** Those out of the entity first, then, where both are wanted, those into it. */
    private Future<List<GraphReader.RelationshipView>> neighbors(
            UUID id, @Nullable String type, Place place, boolean both, int limit) {
        var reader = new NeighborReader(database.get());
        return reader.list(id, place.direction(), type, place.behind(), limit).compose(found -> {
            if (!both || place.direction() == Direction.IN || found.size() == limit) {
                return Future.succeededFuture(found);
            }
            return reader.list(id, Direction.IN, type, NeighborReader.Position.FIRST, limit - found.size())
                    .map(more -> {
                        var all = new ArrayList<>(found);
                        all.addAll(more);
                        return all;
                    });
        });
    }

    private record SubgraphView(
            UUID entityId,
            int depth,
            List<SubgraphReader.Node> nodes,
            List<SubgraphReader.Link> relationships,
            boolean truncated) {}

    private void subgraph(RoutingContext context) {
        Requests.onlyKnows(context, "entity", "depth", "limit");
        var workspace = Requests.workspace(context);
        var id = Requests.uuid("entity", Requests.text(context, "entity"));
        var depth = orElse(Requests.number(context, "depth", 1, MAX_DEPTH), DEPTH);
        var limit = Requests.limit(context, NODES, MAX_NODES);
        var found = exists(workspace, id)
                .compose(known -> new SubgraphReader(database.get()).around(workspace, id, depth, limit));
        answer(
                context,
                found.map(subgraph ->
                        new SubgraphView(id, depth, subgraph.nodes(), subgraph.relationships(), subgraph.truncated())),
                view -> bytes(view.nodes(), node -> node.entity().description())
                        + bytes(view.relationships(), SubgraphReader.Link::description));
    }

    private static int orElse(@Nullable Long number, int preset) {
        return number == null ? preset : Math.toIntExact(number);
    }

    /** @param length relationships of each path; null when there is none within {@code max_depth} */
    private record PathsView(
            UUID from,
            UUID to,
            @Nullable Integer length,
            List<PathReader.Path> paths,
            List<GraphReader.EntityView> entities,
            boolean truncated) {}

    private void paths(RoutingContext context) {
        Requests.onlyKnows(context, "from", "to", "max_depth", "directed", "limit");
        var workspace = Requests.workspace(context);
        var from = Requests.uuid("from", Requests.text(context, "from"));
        var to = Requests.uuid("to", Requests.text(context, "to"));
        var maxDepth = orElse(Requests.number(context, "max_depth", 1, MAX_PATH_LENGTH), PATH_LENGTH);
        var directed = Requests.flag(context, "directed", false);
        var limit = Requests.limit(context, PATHS, MAX_PATHS);
        var found = Future.all(exists(workspace, from), exists(workspace, to))
                .compose(known ->
                        new PathReader(database.get()).between(workspace, from, to, maxDepth, directed, limit));
        answer(
                context,
                found.map(paths -> view(from, to, paths)),
                view -> bytes(view.entities(), GraphReader.EntityView::description)
                        + view.paths().stream()
                                .mapToLong(path -> bytes(path.relationships(), SubgraphReader.Link::description))
                                .sum());
    }

    private static PathsView view(UUID from, UUID to, PathReader.Paths paths) {
        return new PathsView(
                from,
                to,
                paths.paths().isEmpty()
                        ? null
                        : paths.paths().getFirst().relationships().size(),
                paths.paths(),
                paths.entities(),
                paths.truncated());
    }
}
