package io.millrace.web;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request that was not done, as RFC 9457 shapes it.
 *
 * @param detail what is wrong this time, for people
 * @param errors the broken rules of the body, when that is the problem
 * @param retryAfter when the same request may pass
 * @param instance a URI for this one occurrence
 * @param context the values that the detail speaks of, by name: strings, numbers and booleans
 */
record Problem(
        ProblemType type,
        String detail,
        List<Violation> errors,
        @Nullable Duration retryAfter,
        @Nullable String instance,
        Map<String, Object> context) {

    static final String MEDIA_TYPE = "application/problem+json";

    private static final JsonFactory JSON = new JsonFactory();

    Problem {
        errors = List.copyOf(errors);
        context = Collections.unmodifiableMap(new LinkedHashMap<>(context));
    }

    static Problem of(ProblemType type, String detail) {
        return new Problem(type, detail, List.of(), null, null, Map.of());
    }

    int status() {
        return type.status();
    }

    String code() {
        return type.code();
    }

    String title() {
        return type.title();
    }

    Problem withErrors(List<Violation> errors) {
        return new Problem(type, detail, errors, retryAfter, instance, context);
    }

    Problem withRetryAfter(Duration retryAfter) {
        return new Problem(type, detail, errors, retryAfter, instance, context);
    }

    Problem withInstance(String instance) {
        return new Problem(type, detail, errors, retryAfter, instance, context);
    }

    Problem withContext(Map<String, Object> context) {
        return new Problem(type, detail, errors, retryAfter, instance, context);
    }

    /** Whole seconds as the Retry-After header wants them, rounded up so that nobody comes back too early. */
    long retryAfterSeconds() {
        return retryAfter == null
                ? 1
                : Math.max(1, retryAfter.plusSeconds(1).minusNanos(1).toSeconds());
    }

    Buffer toBuffer() {
        try (ByteArrayBuilder bytes = new ByteArrayBuilder();
                JsonGenerator json = JSON.createGenerator(bytes)) {
            writeTo(json);
            json.flush();
            return Buffer.buffer(bytes.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the object, so that it can stand alone or inside a line of results. */
    void writeTo(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("type", type.uri());
        json.writeStringField("title", title());
        json.writeNumberField("status", status());
        json.writeStringField("code", code());
        json.writeStringField("detail", Text.wellFormed(detail));
        if (instance != null) {
            json.writeStringField("instance", instance);
        }
        if (!errors.isEmpty()) {
            writeErrors(json);
        }
        if (retryAfter != null) {
            json.writeNumberField("retry_after_seconds", retryAfterSeconds());
        }
        if (!context.isEmpty()) {
            writeContext(json);
        }
        json.writeEndObject();
    }

    private void writeErrors(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("errors");
        for (Violation error : errors) {
            json.writeStartObject();
            json.writeStringField("pointer", error.pointer());
            json.writeStringField("code", error.code().text());
            json.writeStringField("detail", Text.wellFormed(error.detail()));
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** In an object of its own, since names such as status would take the place of RFC 9457's. */
    private void writeContext(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("context");
        for (Map.Entry<String, Object> entry : context.entrySet()) {
            json.writeFieldName(entry.getKey());
            json.writePOJO(entry.getValue() instanceof String text ? Text.wellFormed(text) : entry.getValue());
        }
        json.writeEndObject();
    }
}
