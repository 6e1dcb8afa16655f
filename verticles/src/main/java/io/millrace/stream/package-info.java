/**
 * The log and its consumer groups: what every stage reads from and appends to, and the runner that commits a batch's
 * results together with its offset.
 *
 * <p>Tables owned: schema {@code stream}. Invariants: offsets of a partition have no gap and follow commit order; a
 * partition of a group has one owner in an epoch; whoever lost the epoch cannot commit. README.md in this folder tells
 * the idea, the locking and what was measured. This package knows PostgreSQL ({@code pg}) and no stage.
 */
@NullMarked
package io.millrace.stream;

import org.jspecify.annotations.NullMarked;
