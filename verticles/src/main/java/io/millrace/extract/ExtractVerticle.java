package io.millrace.extract;

import io.millrace.stream.Group;
import io.millrace.stream.ProcessorVerticle;

/** Runs the extract stage. */
public final class ExtractVerticle extends ProcessorVerticle {

    public static final String GROUP = ExtractProcessor.GROUP;
    public static final String TOPIC = ExtractProcessor.MENTIONS;

    public ExtractVerticle(Shared shared, Group group, Extractor extractor, int mentionPartitions) {
        super(shared, ExtractProcessor.subscription(group.topic().name(), extractor, mentionPartitions), group);
    }
}
