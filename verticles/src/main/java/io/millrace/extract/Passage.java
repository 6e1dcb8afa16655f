package io.millrace.extract;

import org.jspecify.annotations.Nullable;

/**
 * A text to extract from, usually a chunk, and its document's title where the sender gave one.
 *
 * @param text what offsets count in
 * @param title evidence only: no mention ever lies in it
 */
public record Passage(String text, @Nullable String title) {}
