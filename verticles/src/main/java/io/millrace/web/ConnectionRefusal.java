package io.millrace.web;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Answers a connection that is one too many, as soon as its client has begun to ask, and closes it. Closing at once would
 * reset the connection under the client's request, so that the answer might never be read.
 */
final class ConnectionRefusal extends ChannelInboundHandlerAdapter {

    private static final Duration LINGER = Duration.ofSeconds(2);

    private static final Problem PROBLEM = Problem.of(
                    ProblemType.TOO_MANY_CONNECTIONS, ProblemType.TOO_MANY_CONNECTIONS.cause())
            .withRetryAfter(Duration.ofSeconds(1));

    private boolean answered;

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        Future<?> closing = context.executor().schedule(() -> close(context), LINGER.toMillis(), TimeUnit.MILLISECONDS);
        context.channel().closeFuture().addListener(closed -> closing.cancel(false));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ReferenceCountUtil.release(message);
        if (!answered) {
            answered = true;
            context.writeAndFlush(RawAnswer.of(PROBLEM)).addListener((ChannelFutureListener) written -> {
                if (context.channel() instanceof SocketChannel socket) {
                    var _ = socket.shutdownOutput();
                }
            });
        }
    }

    private static void close(ChannelHandlerContext context) {
        var _ = context.close();
    }
}
