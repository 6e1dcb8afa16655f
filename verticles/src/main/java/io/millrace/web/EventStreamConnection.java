package io.millrace.web;

import io.millrace.events.EventListener;
import io.millrace.events.EventSlice;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;

/** A client of server-sent events (WHATWG HTML, section 9.2). */
final class EventStreamConnection implements EventListener.Connection {

    static final String MEDIA_TYPE = "text/event-stream";
    static final int QUEUE_BYTES = 64 << 10;

    private final HttpServerResponse response;
    private long told;

    private EventStreamConnection(HttpServerResponse response, long told) {
        this.response = response;
        this.told = told;
    }

    /**
     * Begins the answer.
     *
     * @param upTo the id behind which it begins; said at once, so that a client that is cut off before the first event
     *     resumes at the right place
     * @param retryMillis when to come back after a break
     */
    static EventStreamConnection begin(HttpServerResponse response, long upTo, long retryMillis) {
        response.putHeader(HttpHeaders.CONTENT_TYPE, MEDIA_TYPE)
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                // A compressor would hold events back until it has a block full.
                .putHeader(HttpHeaders.CONTENT_ENCODING, HttpHeaders.IDENTITY)
                // The same for proxies of nginx's kind, which collect answers unless told otherwise.
                .putHeader("X-Accel-Buffering", "no")
                .setChunked(true)
                .setWriteQueueMaxSize(QUEUE_BYTES);
        response.write(": events behind %d\nretry: %d\nid: %d\n\n".formatted(upTo, retryMillis, upTo));
        return new EventStreamConnection(response, upTo);
    }

    @Override
    public boolean isFull() {
        return response.writeQueueFull();
    }

    @Override
    public void write(EventSlice slice) {
        told = slice.events().getLast().id();
        response.write(slice.asStream());
    }

    /** An id without data moves the place to resume at and is no event. */
    @Override
    public void beat(long upTo) {
        response.write(upTo == told ? ":\n\n" : ":\nid: %d\n\n".formatted(upTo));
        told = upTo;
    }

    @Override
    public void close(EventListener.End end) {
        switch (end) {
            case STALLED -> response.reset();
            case GONE -> response.end(": the next event is not kept any more\n\n");
            case STOPPED -> response.end();
        }
    }
}
