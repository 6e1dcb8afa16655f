package io.millrace.extract;

import java.util.List;

/**
 * A source of entity and relationship mentions: a batch of passages in, one {@link Extraction} a passage out.
 *
 * <p>An implementation may be called from several threads at once. What it answers for a passage depends on that
 * passage and on {@link #configuration()} alone, never on its neighbours in the batch, since each answer is cached by
 * itself.
 */
public interface Extractor {
    /**
     * A short stable id of the extractor and of everything that its answers depend on (name, version, settings). It is
     * part of the write-once cache's key: two extractors that may answer differently must not share it.
     */
    String configuration();

    /**
     * Extracts each passage by itself.
     *
     * @return one extraction a passage, in the passages' order
     * @throws ExtractorUnavailableException when the cause is outside and trying again later may help
     */
    List<Extraction> extract(List<Passage> passages);
}
