package io.millrace.events;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Events that follow one another and pass a filter. Shared by all who want the same, so it is rendered once. */
public final class EventSlice {

    private final List<Event> events;
    private final long to;
    private @Nullable Buffer stream;

    EventSlice(List<Event> events, long to) {
        this.events = List.copyOf(events);
        this.to = to;
    }

    public List<Event> events() {
        return events;
    }

    /** The offset behind the last event that was looked at, whether it passed or not. */
    long to() {
        return to;
    }

    /** As {@code text/event-stream}. */
    public Buffer asStream() {
        var rendered = stream;
        if (rendered == null) {
            rendered = Buffer.buffer();
            for (var event : events) {
                event.writeTo(rendered);
            }
            stream = rendered;
        }
        return rendered;
    }
}
