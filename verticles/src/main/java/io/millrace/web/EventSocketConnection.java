package io.millrace.web;

import io.millrace.events.EventListener;
import io.millrace.events.EventSlice;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.util.concurrent.TimeUnit;

/** A client of events over WebSocket: a text message an event, and one of kind {@code position} that is none. */
final class EventSocketConnection implements EventListener.Connection {

    /** RFC 6455, section 7.4.1, and for what is gone the one range that is for applications, with HTTP's status in it. */
    private static final short GOING_AWAY = 1001;

    private static final short UNSUPPORTED_DATA = 1003;
    private static final short GONE = 4410;

    private final ServerWebSocket socket;
    private long told;

    private EventSocketConnection(ServerWebSocket socket, long told) {
        this.socket = socket;
        this.told = told;
    }

    static EventSocketConnection begin(ServerWebSocket socket, long upTo) {
        socket.setWriteQueueMaxSize(EventStreamConnection.QUEUE_BYTES);
        socket.frameHandler(frame -> {
            if (frame.isText() || frame.isBinary()) {
                socket.close(UNSUPPORTED_DATA, "Events are only read here.");
            }
        });
        var connection = new EventSocketConnection(socket, upTo);
        connection.writePosition(upTo);
        return connection;
    }

    @Override
    public boolean isFull() {
        return socket.writeQueueFull();
    }

    @Override
    public void write(EventSlice slice) {
        told = slice.events().getLast().id();
        slice.events().forEach(event -> socket.writeTextMessage(event.json()));
    }

    @Override
    public void beat(long upTo) {
        if (upTo == told) {
            socket.writePing(Buffer.buffer());
        } else {
            writePosition(upTo);
        }
        told = upTo;
    }

    private void writePosition(long upTo) {
        socket.writeTextMessage("{\"id\":%d,\"kind\":\"position\"}".formatted(upTo));
    }

    @Override
    public void close(EventListener.End end) {
        switch (end) {
            // A closing frame would wait behind what the client does not take.
            case STALLED -> socket.shutdown(0, TimeUnit.MILLISECONDS);
            case GONE -> socket.close(GONE, "The next event is not kept any more.");
            case STOPPED -> socket.close(GOING_AWAY, "The pod stops; resume at another one.");
        }
    }
}
