package io.millrace.web;

import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The connections of the door: at most so many, and none for longer than its client makes use of it. Installed on each
 * connection before its first byte is read.
 *
 * <p>The HTTP library has one idle time for everything, which a client that sends a byte now and then never reaches, and
 * which cuts off one that waits for its answer; and it tells nobody why. Below it, each connection is a pipeline of Netty's,
 * into which this puts a decoder that is stricter, and a {@link ConnectionDeadlines}.
 */
final class ClientConnections {

    private final ClientLimits limits;
    private final AtomicInteger open = new AtomicInteger();

    ClientConnections(ClientLimits limits) {
        this.limits = limits;
    }

    int open() {
        return open.get();
    }

    void opened(HttpConnection connection) {
        var context = ((HttpServerConnection) connection).channelHandlerContext();
        var count = open.incrementAndGet();
        context.channel().closeFuture().addListener(closed -> open.decrementAndGet());
        if (count > limits.connections()) {
            context.pipeline().addFirst("refusal", new ConnectionRefusal());
        } else {
            install(context);
        }
    }

    private void install(ChannelHandlerContext context) {
        var pipeline = context.pipeline();
        var decoder = new StrictRequestDecoder();
        var deadlines = new ConnectionDeadlines(limits, decoder);
        pipeline.replace("httpDecoder", "httpDecoder", decoder);
        pipeline.addFirst("arrivals", deadlines.arrivals());
        pipeline.addBefore(context.name(), "deadlines", deadlines);
    }
}
