package io.millrace.ingest;

/** What became of an {@link IngestRequest}. */
public sealed interface IngestReply {

    /** Committed: every document is in the log, and its job is there. */
    record Accepted() implements IngestReply {}

    /** Nothing was stored now: the same request was accepted before under its idempotency key. */
    record Replayed() implements IngestReply {}

    /** Nothing was stored: another request came under the same idempotency key before. */
    record KeyReused() implements IngestReply {}

    /** Nothing was stored: a request with the same idempotency key is being accepted right now. */
    record KeyInFlight() implements IngestReply {}

    /** Nothing was stored, because too much waits; try again later. */
    record Overloaded() implements IngestReply {}

    /** Nothing was stored, because the database is not to be reached or has no room; try again later. */
    record Unavailable(String reason) implements IngestReply {}

    /** Nothing was stored, because PostgreSQL refuses the values. */
    record Refused(String reason) implements IngestReply {}

    /** It is not known whether anything was stored; posting again is safe. */
    record Unknown(String reason) implements IngestReply {}
}
