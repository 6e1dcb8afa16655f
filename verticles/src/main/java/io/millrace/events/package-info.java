/**
 * Events: what happened to jobs, documents, the graph and the stages, as records of the one-partition topic
 * {@code events}, whose offsets are the ids that clients resume behind.
 *
 * <p>Table owned: {@code events.digests}. Who causes an event appends it in the transaction of what it tells; what sums
 * up (statistics, lag) is told by one elected pod. {@link io.millrace.events.EventFeed} carries the topic to clients: one
 * reader a pod, whatever number of clients. Invariant: a listener gets every event behind its position, once, in order.
 */
@NullMarked
package io.millrace.events;

import org.jspecify.annotations.NullMarked;
