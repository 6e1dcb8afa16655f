/**
 * Tests of the whole flow: one pod, several pods, and pods that are killed, over a real database and a real door.
 */
@NullMarked
package io.millrace.flow;

import org.jspecify.annotations.NullMarked;
