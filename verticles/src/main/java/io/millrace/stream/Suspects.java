package io.millrace.stream;

/**
 * Which records of a partition may have ended the processes that read them, and how many of them are tried at once: an eighth
 * of what a batch may have held when it happened, and an eighth again whenever a process ends over a trial, until it is one. So
 * four thousand innocent records take eight trials, and a guilty one among them is found when it has ended eight processes.
 *
 * @param until where the records begin that are beyond suspicion
 */
record Suspects(Claim claim, long until, long atOnce) {

    /** Unclean ends at one offset before its records are suspected. */
    private static final int UNCLEAN_CLAIMS = 2;

    private static final long PARTS = 8;

    /**
     * What a claim has to suspect.
     *
     * @param batchRecords how many records a batch holds at most
     * @param endOffset up to where records were there: one that came after the claim has ended no process
     */
    static Suspects of(Claim claim, int batchRecords, long endOffset) {
        var from = claim.committedOffset();
        if (claim.trials() > 0 && claim.trialOffset() == from) {
            return new Suspects(claim, claim.trialEnd(), part(claim.trialEnd() - from));
        }
        if (claim.uncleanClaims() >= UNCLEAN_CLAIMS) {
            var until = Math.min(from + batchRecords, endOffset);
            return new Suspects(claim, until, part(until - from));
        }
        return new Suspects(claim, from, 1);
    }

    /** Of records of which one is bad, how many to try at once. */
    static long part(long records) {
        return Math.max(1, records / PARTS);
    }

    boolean hold(long offset) {
        return offset < until;
    }

    /** How many records a batch may hold that begins at an offset. */
    int limit(long offset, int batchRecords) {
        return hold(offset) ? (int) Math.min(Math.min(atOnce, until - offset), batchRecords) : batchRecords;
    }

    /** Whether enough processes ended over this record alone. */
    boolean condemn(long offset, int maxAttempts) {
        return offset == claim.trialOffset() && claim.trialEnd() == offset + 1 && claim.trials() >= maxAttempts;
    }
}
