package io.millrace.ingest;

import io.millrace.pg.NameUuid;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.UUID;

/** Ids of jobs: minted, or made from the idempotency key under which a request may come again. */
public final class JobIds {

    private static final UUID KEYED = UUID.fromString("b5f0cf0e-1c0a-5a52-8d0a-3f6f6d6c7a17");

    private final InstantSource clock;
    private final SecureRandom random;

    public JobIds(InstantSource clock, SecureRandom random) {
        this.clock = clock;
        this.random = random;
    }

    /** A UUID of version 7 (RFC 9562), so that those of a time stand together in an index. */
    public UUID mint() {
        var most = (clock.millis() << 16) | 0x7000 | random.nextInt(1 << 12);
        var least = (random.nextLong() & ~(0b11L << 62)) | (0b10L << 62);
        return new UUID(most, least);
    }

    /** A UUID of version 5: the same for the same document of a request, on every pod. */
    public static UUID keyed(String workspace, String idempotencyKey, int index) {
        return NameUuid.v5(KEYED, workspace, idempotencyKey, Integer.toString(index));
    }
}
