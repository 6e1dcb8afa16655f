package io.millrace.events;

import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.ProducerRecord;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened, at its place in the log.
 *
 * @param id its offset in topic {@code events}
 * @param kind {@link #UNREADABLE} for a record that is no event
 * @param workspace null when it concerns them all
 * @param json as clients get it: one line
 */
public record Event(long id, String kind, @Nullable String workspace, String json) {

    /** Name of the topic of events, which has one partition. */
    public static final String TOPIC = "events";

    /** The kind of what somebody else wrote into the topic: told rather than left out, so that no id is missing. */
    static final String UNREADABLE = "unreadable";

    /** A record that tells of an event. */
    public static ProducerRecord record(EventKind kind, String subject, @Nullable String workspace, JsonObject data) {
        var event = new JsonObject()
                .put("kind", kind.label())
                .put("subject", subject)
                .put("workspace", workspace)
                .put("data", data);
        return ProducerRecord.of((workspace == null ? "" : workspace) + "/" + subject, event.toBuffer());
    }

    static Event read(ConsumerRecord record) {
        try {
            var written = new JsonObject(record.requiredValue());
            var kind = EventKind.of(String.valueOf(written.getValue("kind")));
            if (kind.isPresent()) {
                return of(record.offset(), record.timestamp(), kind.get().label(), written);
            }
        } catch (DecodeException | ClassCastException | IllegalStateException e) {
            // Said below, for all cases.
        }
        return of(record.offset(), record.timestamp(), UNREADABLE, new JsonObject());
    }

    private static Event of(long id, Instant occurredAt, String kind, JsonObject written) {
        var workspace = written.getString("workspace");
        var told = new JsonObject()
                .put("id", id)
                .put("occurred_at", occurredAt.toString())
                .put("kind", kind)
                .put("subject", written.getString("subject"))
                .put("workspace", workspace)
                .put("data", written.getJsonObject("data", new JsonObject()));
        return new Event(id, kind, workspace, told.encode());
    }

    /** Appends it as a block of {@code text/event-stream}; the JSON has no line break in it. */
    void writeTo(Buffer stream) {
        stream.appendString("id: ")
                .appendString(Long.toString(id))
                .appendString("\nevent: ")
                .appendString(kind)
                .appendString("\ndata: ")
                .appendString(json)
                .appendString("\n\n");
    }
}
