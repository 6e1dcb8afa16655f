package io.millrace.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The server's answer to a line of NDJSON.
 *
 * @param line which of the request's lines, from 1
 * @param jobId the job of an accepted document
 * @param problem why a document was refused
 */
record LineResult(
        int line,
        int status,
        @Nullable String sourceUri,
        @Nullable UUID jobId,
        @Nullable JsonNode problem) {

    /** Empty for half a line, which a connection that broke may leave. */
    static Optional<LineResult> parse(String json) {
        try {
            return Optional.ofNullable(Json.MAPPER.readValue(json, LineResult.class));
        } catch (JacksonException _) {
            return Optional.empty();
        }
    }

    boolean passing() {
        return ApiException.isPassing(status);
    }

    ApiException asException() {
        return ApiException.of(status, problem, null);
    }
}
