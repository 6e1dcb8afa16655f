package io.millrace.web;

import io.millrace.MillraceException.NotFound;
import io.millrace.graph.GraphReader;
import io.millrace.stats.StatsReader;
import io.millrace.stream.GroupReader;
import io.millrace.stream.GroupState;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.function.Supplier;

/** {@code /v1/graph}: the graph and its statistics. */
final class GraphApi {

    private static final int SEARCH_LIMIT = 20;
    private static final int MAX_SEARCH_LIMIT = 200;
    private static final int NEIGHBOURHOOD_LIMIT = 100;

    private final Supplier<GraphReader> graph;
    private final Supplier<StatsReader> statistics;
    private final Supplier<GroupReader> groups;

    /** Suppliers, since the door is open before the database is there. */
    GraphApi(Supplier<GraphReader> graph, Supplier<StatsReader> statistics, Supplier<GroupReader> groups) {
        this.graph = graph;
        this.statistics = statistics;
        this.groups = groups;
    }

    void mount(Router router) {
        router.get("/v1/graph/stats").handler(this::stats);
        router.get("/v1/graph/entities").handler(this::search);
        router.get("/v1/graph/entities/:id").handler(this::entity);
    }

    private void stats(RoutingContext context) {
        Requests.onlyKnows(context);
        var workspace = Requests.workspace(context);
        var current = statistics.get().current(workspace);
        var stages = groups.get().groups();
        Requests.answer(
                context,
                Future.all(current, stages),
                both -> Cached.answer(context, stats(workspace, current.result(), stages.result())));
    }

    private static JsonObject stats(String workspace, StatsReader.Statistics statistics, List<GroupState> stages) {
        var updated = statistics.lastUpdated();
        var details = statistics.details();
        return new JsonObject()
                .put("workspace", workspace)
                .put("entity_count", statistics.entityCount())
                .put("relationship_count", statistics.relationshipCount())
                .put("last_updated", updated == null ? null : updated.toString())
                .put("entity_mentions", details.getLong("entity_mentions", 0L))
                .put("relationship_mentions", details.getLong("relationship_mentions", 0L))
                .put("entity_types", details.getJsonObject("entity_types", new JsonObject()))
                .put("relationship_types", details.getJsonObject("relationship_types", new JsonObject()))
                .put("degrees", details.getJsonObject("degrees", new JsonObject()))
                .put("top_entities", details.getJsonArray("top_entities", new JsonArray()))
                .put(
                        "jobs",
                        new JsonObject()
                                .put("completed", statistics.jobs().getOrDefault("jobs_completed", 0L))
                                .put("failed", statistics.jobs().getOrDefault("jobs_failed", 0L)))
                .put(
                        "stages",
                        new JsonArray(stages.stream().map(GraphApi::stage).toList()));
    }

    private static JsonObject stage(GroupState group) {
        return new JsonObject()
                .put("group", group.group())
                .put("topic", group.topic())
                .put("lag", group.lag());
    }

    private record EntityList(List<GraphReader.EntityView> entities) {}

    private void search(RoutingContext context) {
        Requests.onlyKnows(context, "q", "type", "limit");
        var found = graph.get()
                .search(
                        Requests.workspace(context),
                        Requests.text(context, "q"),
                        Requests.text(context, "type"),
                        Requests.limit(context, SEARCH_LIMIT, MAX_SEARCH_LIMIT));
        Requests.answer(context, found, entities -> Json.answer(context, 200, new EntityList(entities)));
    }

    private record EntityDetail(
            GraphReader.EntityView entity,
            List<GraphReader.RelationshipView> relationships,
            List<GraphReader.SourceView> sources) {}

    private void entity(RoutingContext context) {
        Requests.onlyKnows(context);
        var id = Requests.uuid("id", context.pathParam("id"));
        var entity = graph.get().find(Requests.workspace(context), id);
        var relationships = graph.get().relationships(id, NEIGHBOURHOOD_LIMIT);
        var sources = graph.get().sources(id, NEIGHBOURHOOD_LIMIT);
        Requests.answer(context, Future.all(entity, relationships, sources), all -> {
            if (entity.result().isEmpty()) {
                throw new NotFound("entity", id.toString());
            }
            Cached.answer(
                    context, new EntityDetail(entity.result().getFirst(), relationships.result(), sources.result()));
        });
    }
}
