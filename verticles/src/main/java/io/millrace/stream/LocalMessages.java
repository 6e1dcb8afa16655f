package io.millrace.stream;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;

/** Lets immutable values travel the event bus of this process as they are. */
public final class LocalMessages {

    private LocalMessages() {}

    /** Makes the stream's own messages known to a Vert.x instance; call it once for each. */
    public static void register(Vertx vertx) {
        register(vertx, Appended.class);
        register(vertx, Skipped.class);
        register(vertx, Coordinator.GroupTick.class);
    }

    /** Makes an immutable type of message known. */
    public static <T> void register(Vertx vertx, Class<T> type) {
        vertx.eventBus().registerDefaultCodec(type, new Identity<>(type));
    }

    private record Identity<T>(Class<T> type) implements MessageCodec<T, T> {

        @Override
        public T transform(T message) {
            return message;
        }

        @Override
        public String name() {
            return "millrace." + type.getName();
        }

        @Override
        public byte systemCodecID() {
            return -1;
        }

        @Override
        public void encodeToWire(Buffer buffer, T message) {
            throw new UnsupportedOperationException("messages stay in their process");
        }

        @Override
        public T decodeFromWire(int position, Buffer buffer) {
            throw new UnsupportedOperationException("messages stay in their process");
        }
    }
}
