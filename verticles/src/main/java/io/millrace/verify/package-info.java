/**
 * The recount: everything that is kept incrementally, compared in one snapshot with what it is kept from.
 *
 * <p>Stands beside the flow, reads every table and owns none. Invariants: one read-only transaction, so that a check sees
 * the log, the graph and its statistics as one commit left them, also while documents come in; what is in the log and not
 * yet read counts as on its way, not as missing; each check is a statement whose cost grows with the rows, never with
 * their pairs.
 */
@NullMarked
package io.millrace.verify;

import org.jspecify.annotations.NullMarked;
