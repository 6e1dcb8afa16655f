package io.millrace.web;

import io.millrace.pg.Database;
import io.millrace.stats.HistoryReader;
import io.vertx.core.Future;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.function.Supplier;

/** {@code /v1/graph}, of its statistics the parts: types, degrees, top entities, history and growth. */
final class StatisticsApi {

    private static final int TOP = 20;
    private static final int MAX_TOP = 100;

    private final InstantSource clock;
    private final Supplier<Database> database;

    StatisticsApi(InstantSource clock, Supplier<Database> database) {
        this.clock = clock;
        this.database = database;
    }

    void mount(Router router) {
        router.get("/v1/graph/types").handler(this::types);
        router.get("/v1/graph/degrees").handler(this::degrees);
        router.get("/v1/graph/entities/top").handler(this::top);
        router.get("/v1/graph/stats/history").handler(this::history);
        router.get("/v1/graph/growth").handler(this::growth);
    }

    private HistoryReader reader() {
        return new HistoryReader(database.get());
    }

    private record Types(
            String workspace,
            List<HistoryReader.TypeCount> entityTypes,
            List<HistoryReader.TypeCount> relationshipTypes) {}

    private void types(RoutingContext context) {
        Requests.onlyKnows(context);
        var workspace = Requests.workspace(context);
        var entities = reader().entityTypes(workspace);
        var relationships = reader().relationshipTypes(workspace);
        Requests.answer(
                context,
                Future.all(entities, relationships),
                both -> Cached.answer(context, new Types(workspace, entities.result(), relationships.result())));
    }

    private record Degrees(String workspace, long entities, List<HistoryReader.DegreeBucket> buckets) {}

    private void degrees(RoutingContext context) {
        Requests.onlyKnows(context);
        var workspace = Requests.workspace(context);
        Requests.answer(context, reader().degrees(workspace), buckets -> {
            var entities = buckets.stream()
                    .mapToLong(HistoryReader.DegreeBucket::entities)
                    .sum();
            Cached.answer(context, new Degrees(workspace, entities, buckets));
        });
    }

    private record Top(String workspace, List<HistoryReader.TopEntity> entities) {}

    private void top(RoutingContext context) {
        Requests.onlyKnows(context, "limit");
        var workspace = Requests.workspace(context);
        var found = reader().top(workspace, Requests.limit(context, TOP, MAX_TOP));
        Requests.answer(context, found, entities -> Cached.answer(context, new Top(workspace, entities)));
    }

    /** The counts at the end of a step; of the step that is now, so far. */
    private record HistoryPoint(Instant startsAt, long entityCount, long relationshipCount) {}

    private record History(String workspace, String step, Instant from, Instant to, List<HistoryPoint> points) {}

    private void history(RoutingContext context) {
        Requests.onlyKnows(context, "from", "to", "step");
        var workspace = Requests.workspace(context);
        var steps = Steps.of(context, clock.instant());
        Requests.answer(context, reader().sizes(workspace, steps.ends()), sizes -> {
            var begins = steps.begins();
            var points = new ArrayList<HistoryPoint>(begins.size());
            for (var i = 0; i < begins.size(); i++) {
                var size = sizes.get(i);
                points.add(new HistoryPoint(begins.get(i), size.entities(), size.relationships()));
            }
            Cached.answer(context, new History(workspace, steps.unit().label(), steps.from(), steps.to(), points));
        });
    }

    private record GrowthList(
            String workspace, String step, Instant from, Instant to, List<HistoryReader.Growth> points) {}

    private void growth(RoutingContext context) {
        Requests.onlyKnows(context, "from", "to", "step");
        var workspace = Requests.workspace(context);
        var steps = Steps.of(context, clock.instant());
        var found = reader().growth(workspace, steps.unit().label(), steps.from(), steps.to());
        Requests.answer(context, found, changed -> {
            var known = new HashMap<Instant, HistoryReader.Growth>();
            changed.forEach(growth -> known.put(growth.startsAt(), growth));
            var points = steps.begins().stream()
                    .map(begin -> known.getOrDefault(begin, new HistoryReader.Growth(begin, 0, 0, 0)))
                    .toList();
            Cached.answer(context, new GrowthList(workspace, steps.unit().label(), steps.from(), steps.to(), points));
        });
    }
}
