package io.millrace.web;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches what one connection waits for, and ends it when that takes too long: the headers of a request (408), the rest of a
 * body that nobody reads any more, a next request, or a client that does not take its answer. While the service works on a
 * request the connection waits for nothing; a body that is read has the reader's own {@link BodyDeadline}.
 *
 * <p>It stands in two places of the pipeline: before the decoder, where bytes tell that headers have begun, and behind the
 * codec, where requests and answers begin and end.
 */
final class ConnectionDeadlines extends ChannelDuplexHandler {

    private enum Awaited {
        /** The first byte, as soon as the connection is there. */
        FIRST_REQUEST,
        NEXT_REQUEST,
        HEADERS,
        /** What is left of a body whose request has been answered. */
        REST_OF_BODY,
        NOTHING
    }

    private final ClientLimits limits;
    private final StrictRequestDecoder decoder;
    private Awaited awaited = Awaited.NOTHING;
    private @Nullable Future<?> deadline;
    private @Nullable Future<?> stalled;
    private boolean used;
    private boolean headersBegun;
    private boolean bodyOpen;
    private int unanswered;
    private boolean answerBegun;
    private boolean endsWithConnection;
    private @Nullable Runnable bodyBroken;
    private boolean upgraded;

    ConnectionDeadlines(ClientLimits limits, StrictRequestDecoder decoder) {
        this.limits = limits;
        this.decoder = decoder;
    }

    /**
     * Who takes the body that is being read in pieces, and answers them, answers also when it breaks off, since some of it may
     * have been stored. The connection ends with that answer, as where a next request begins is not known.
     */
    static void onBrokenBody(HttpServerRequest request, Runnable broken) {
        var pipeline = ((HttpServerConnection) request.connection())
                .channelHandlerContext()
                .pipeline();
        var deadlines = pipeline.get(ConnectionDeadlines.class);
        // With two requests that came at once, the body that is open is not this one's.
        if (deadlines != null && deadlines.bodyOpen && deadlines.unanswered == 1) {
            deadlines.bodyBroken = broken;
        }
    }

    /** The part that stands before the decoder. */
    ChannelHandler arrivals() {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                if (!bodyOpen && message instanceof ByteBuf bytes && bytes.isReadable()) {
                    headersBegun = true;
                    used = true;
                }
                context.fireChannelRead(message);
                // Behind the end of a body the next request may have begun in the same packet.
                headersBegun |= !upgraded && !bodyOpen && decoder.holdsBytes();
                await(context);
            }
        };
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        await(context);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest) {
            headersBegun = false;
            bodyOpen = true;
            unanswered++;
        }
        if (message instanceof LastHttpContent) {
            bodyOpen = false;
        }
        if (isBrokenBody(message) && bodyBroken != null) {
            ReferenceCountUtil.release(message);
            endsWithConnection = true;
            bodyBroken.run();
            return;
        }
        if (message instanceof HttpRequest || message instanceof LastHttpContent) {
            bodyBroken = null;
        }
        if (isBrokenBody(message) && !answerBegun) {
            // The library would close the connection without a word.
            ReferenceCountUtil.release(message);
            answerAndClose(context, ProblemType.BAD_REQUEST);
            return;
        }
        await(context);
        context.fireChannelRead(message);
    }

    /** Of a head that is broken the library tells. */
    private static boolean isBrokenBody(Object message) {
        return message instanceof HttpContent content
                && !(message instanceof HttpRequest)
                && content.decoderResult().isFailure();
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        var written = promise;
        var response = message instanceof HttpResponse head ? head : null;
        if (response != null && response.status().code() == HttpResponseStatus.SWITCHING_PROTOCOLS.code()) {
            // What comes from now on is no HTTP, and has its own rules.
            upgraded = true;
        }
        var interim = response != null && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        if (response != null && !interim) {
            answerBegun = true;
            endsWithConnection |= endsWithConnection(response);
            if (endsWithConnection) {
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            }
        }
        if (message instanceof LastHttpContent && !interim) {
            answerBegun = false;
            unanswered--;
            if (endsWithConnection) {
                written = promise.unvoid().addListener(ChannelFutureListener.CLOSE);
            }
        }
        var _ = context.write(message, written);
        await(context);
    }

    /** The library would keep it open for a client of HTTP/1.0 that asked for that, who would wait for the rest for ever. */
    private static boolean endsWithConnection(HttpResponse response) {
        return response.protocolVersion().equals(HttpVersion.HTTP_1_0)
                && !response.headers().contains(HttpHeaderNames.CONTENT_LENGTH);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (stalled != null) {
            stalled.cancel(false);
            stalled = null;
        }
        if (!context.channel().isWritable()) {
            stalled = schedule(context, limits.idle(), () -> close(context));
        }
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        upgraded = true;
        await(context);
        if (stalled != null) {
            stalled.cancel(false);
        }
        context.fireChannelInactive();
    }

    /** A deadline runs for as long as the same thing is awaited: a byte more does not prolong it. */
    private void await(ChannelHandlerContext context) {
        var now = awaited();
        if (now == awaited) {
            return;
        }
        awaited = now;
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
        deadline = switch (now) {
            case NOTHING -> null;
            case NEXT_REQUEST -> schedule(context, limits.idle(), () -> close(context));
            case FIRST_REQUEST, REST_OF_BODY -> schedule(context, limits.headers(), () -> close(context));
            case HEADERS ->
                schedule(context, limits.headers(), () -> answerAndClose(context, ProblemType.REQUEST_TIMEOUT));
        };
    }

    private Awaited awaited() {
        if (upgraded || unanswered > 0) {
            return Awaited.NOTHING;
        }
        if (bodyOpen) {
            return Awaited.REST_OF_BODY;
        }
        if (headersBegun) {
            return Awaited.HEADERS;
        }
        return used ? Awaited.NEXT_REQUEST : Awaited.FIRST_REQUEST;
    }

    private static void close(ChannelHandlerContext context) {
        var _ = context.close();
    }

    private static Future<?> schedule(ChannelHandlerContext context, Duration delay, Runnable task) {
        return context.executor().schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Written past the codec and the library, which have no request to answer, or have given it up. */
    private static void answerAndClose(ChannelHandlerContext context, ProblemType type) {
        var first = context.pipeline().firstContext();
        first.writeAndFlush(RawAnswer.of(Problem.of(type, type.cause()))).addListener(ChannelFutureListener.CLOSE);
    }
}
