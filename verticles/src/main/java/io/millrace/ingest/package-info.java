/**
 * The first stage: documents in. What a sender posted arrives here as {@link io.millrace.ingest.Document}s that keep
 * every rule, gets a job, and is appended to the topic {@code documents}.
 *
 * <p>Owns the job rows that it inserts. Invariants: a sender hears of a job only after the commit that holds both the job
 * and the record; text leaves as it came, character for character.
 */
@NullMarked
package io.millrace.ingest;

import org.jspecify.annotations.NullMarked;
