/**
 * Measures the service and is never shipped: how fast the log takes and gives records, and how fast documents become a
 * graph, each beside the same writes through the same driver without Millrace, in the same run and in alternating rounds.
 *
 * <p>It owns no table. It makes a durable embedded server of its own, databases that it drops again, and one JSON file.
 * README.md in the module's folder tells the method and what each figure means.
 */
@NullMarked
package io.millrace.bench;

import org.jspecify.annotations.NullMarked;
