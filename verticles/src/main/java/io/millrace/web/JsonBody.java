package io.millrace.web;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Consumer;

/** Reads a request's body as one strict JSON text, and answers itself what is none. */
final class JsonBody {

    /** Parsing a megabyte of hostile JSON takes some eighty milliseconds, which an event loop does not have. */
    private static final int PARSE_INLINE_BYTES = 256 << 10;

    private final Vertx vertx;
    private final int bytesMax;
    private final ClientLimits limits;
    private final DoorMemory memory;

    JsonBody(Vertx vertx, int bytesMax, ClientLimits limits, DoorMemory memory) {
        this.vertx = vertx;
        this.bytesMax = bytesMax;
        this.limits = limits;
        this.memory = memory;
    }

    /** What a reader makes of a body that is JSON: what it says, or what is wrong with it. */
    sealed interface Parsed<T> {
        record Value<T>(T value) implements Parsed<T> {}

        record Refused<T>(Problem problem) implements Parsed<T> {}
    }

    /** @param reader may run on another thread; its own problems are answered like those of the text */
    <T> void read(RoutingContext context, StrictJson.ValueReader<Parsed<T>> reader, Consumer<T> then) {
        if (!DocumentsApi.mediaType(context).equals(Json.MEDIA_TYPE)) {
            context.response().putHeader("Accept-Post", Json.MEDIA_TYPE);
            context.fail(415);
            return;
        }
        var decoder = ContentDecoder.orRefuse(context, limits.inflationRatio());
        if (decoder == null) {
            return;
        }
        var parsed = RequestBody.read(vertx, context.request(), decoder, bytesMax, limits.body(), memory)
                .compose(read -> switch (read) {
                    case RequestBody.Read.Whole(var bytes, var body) ->
                        parse(context, bytes, reader).onComplete(done -> body.close());
                    case RequestBody.Read.Refused(var problem) ->
                        Future.succeededFuture(new Parsed.Refused<T>(problem));
                });
        Requests.answer(context, parsed, outcome -> {
            switch (outcome) {
                case Parsed.Value<T>(var value) -> then.accept(value);
                case Parsed.Refused<T>(var problem) -> ProblemHandler.answer(context, problem);
            }
        });
    }

    /** What is small is worked on at once; for the rest there has to be room, from here until it was answered. */
    private <T> Future<Parsed<T>> parse(
            RoutingContext context, byte[] bytes, StrictJson.ValueReader<Parsed<T>> reader) {
        if (bytes.length <= DoorMemory.SMALL_BYTES) {
            return parse(bytes, reader);
        }
        return memory.work(bytes.length)
                .compose(work -> parse(bytes, reader).onComplete(done -> {
                    var response = context.response();
                    if (done.failed() || response.ended() || response.closed()) {
                        work.close();
                    } else {
                        context.addEndHandler(ended -> work.close());
                    }
                }));
    }

    private <T> Future<Parsed<T>> parse(byte[] bytes, StrictJson.ValueReader<Parsed<T>> reader) {
        return bytes.length <= PARSE_INLINE_BYTES
                ? Future.succeededFuture(parsed(bytes, reader))
                : vertx.executeBlocking(() -> parsed(bytes, reader), false);
    }

    private static <T> Parsed<T> parsed(byte[] bytes, StrictJson.ValueReader<Parsed<T>> reader) {
        return switch (StrictJson.read(bytes, reader)) {
            case StrictJson.Result.Value<Parsed<T>>(var value) -> value;
            case StrictJson.Result.Malformed<Parsed<T>>(var problem) -> new Parsed.Refused<>(problem);
        };
    }
}
