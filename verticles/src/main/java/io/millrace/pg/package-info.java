/**
 * The door to PostgreSQL: pool, migrations, embedded server, SQLSTATE mapping, notifications. It owns no table and knows
 * no stage; everything above reaches the database through it.
 *
 * <p>Invariant: whatever server is used, a commit that was answered is on disk. The embedded server refuses to start
 * when its settings say otherwise and nobody asked for that.
 */
@NullMarked
package io.millrace.pg;

import org.jspecify.annotations.NullMarked;
