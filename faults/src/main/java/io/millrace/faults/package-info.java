/**
 * The fault harness: posts documents whose graph is known to pods of the service, breaks pods, connections and PostgreSQL
 * meanwhile, and counts at the end what was lost, doubled, or is not as it should be.
 *
 * <p>Stands outside of the service and is never shipped. Its own tables are in schema {@code faults} of the databases that
 * it makes. Invariants: a fault counts only when it is proved to have happened; an answer that did not come is unknown,
 * never a failure; what is expected is computed from what was posted, by code that the service does not share.
 */
@NullMarked
package io.millrace.faults;

import org.jspecify.annotations.NullMarked;
