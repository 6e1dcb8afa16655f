package io.millrace.chunk;

import io.millrace.stream.Group;
import io.millrace.stream.ProcessorVerticle;
import io.millrace.stream.Subscription;

/** Runs the chunk stage. */
public final class ChunkVerticle extends ProcessorVerticle {

    public static final String GROUP = ChunkProcessor.GROUP;
    public static final String TOPIC = ChunkProcessor.CHUNKS;

    public ChunkVerticle(Shared shared, Group group, int maxTokens, int overlapTokens) {
        super(shared, subscription(group.topic().name(), maxTokens, overlapTokens), group);
    }

    private static Subscription subscription(String topic, int maxTokens, int overlapTokens) {
        return ChunkProcessor.subscription(topic, new Chunker(maxTokens, overlapTokens));
    }
}
