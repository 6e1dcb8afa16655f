/**
 * The fourth stage: folds mentions into entities and relationships.
 *
 * <p>Reads topic {@code mentions}, appends to {@code changes}. Tables owned: {@code lightrag.entity_state,
 * relationship_state, entity_mentions, relationship_mentions, relationship_ends, votes}. Invariants: the owner of a
 * mentions partition alone writes the rows of its entities; the fold gives the same graph in whatever order and batches the
 * mentions come; every row can be recounted from the mentions that were kept.
 */
@NullMarked
package io.millrace.graph;

import org.jspecify.annotations.NullMarked;
