package io.millrace.graph;

import io.millrace.stream.Group;
import io.millrace.stream.NextTurn;
import io.millrace.stream.ProcessorVerticle;

/** Runs the graph stage. */
public final class GraphVerticle extends ProcessorVerticle {
    public GraphVerticle(Shared shared, Group group) {
        super(shared, GraphProcessor.subscription(new NextTurn(shared.database().vertx())), group);
    }
}
