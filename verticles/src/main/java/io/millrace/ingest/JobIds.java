package io.millrace.ingest;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.UUID;

/** Mints ids of jobs: UUIDs of version 7 (RFC 9562), so that those of a time stand together in an index. */
public final class JobIds {

    private final InstantSource clock;
    private final SecureRandom random;

    public JobIds(InstantSource clock, SecureRandom random) {
        this.clock = clock;
        this.random = random;
    }

    public UUID mint() {
        var most = (clock.millis() << 16) | 0x7000 | random.nextInt(1 << 12);
        var least = (random.nextLong() & ~(0b11L << 62)) | (0b10L << 62);
        return new UUID(most, least);
    }
}
