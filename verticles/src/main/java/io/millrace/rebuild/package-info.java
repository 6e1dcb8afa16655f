/**
 * The graph made anew, beside the one that is there, from what the stages stored: chunks, and what each of them sent on.
 *
 * <p>Stands beside the flow, as verify does; owns the tables {@code lightrag.rebuilt_*} and, within the one transaction of
 * the swap, writes those of graph and statistics. Invariants: needs nothing of the log, so what retention dropped is no
 * loss; nobody but the groups graph and stats waits for it, and those for the swap only; a graph that is right is not
 * written to; a rebuild that was cut off leaves the graph as it was.
 */
@NullMarked
package io.millrace.rebuild;

import org.jspecify.annotations.NullMarked;
