/**
 * The fifth stage: statistics of the graph, kept from topic {@code changes} and never by counting rows.
 *
 * <p>Tables owned: {@code lightrag.counters, growth, top_entities, graph_history}. Invariants: each change counts once,
 * since counters and offset commit together; a counter is a row a partition, which readers sum; {@code graph verify}
 * compares the sums, and the changes not yet read, with a recount.
 */
@NullMarked
package io.millrace.stats;

import org.jspecify.annotations.NullMarked;
