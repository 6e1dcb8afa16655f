package io.millrace.stream;

/**
 * A partition of a group in the hands of this member.
 *
 * @param sequence number of the last commit; the next one must be its successor
 * @param committedOffset where to read on
 * @param processed what the group had committed before it was moved back: work there is done again
 * @param uncleanClaims claims that followed an unclean end at this very offset
 * @param trialOffset the first of the records that were tried last, {@code trialEnd} where they end, and {@code trials} how
 *     many processes ended over them
 */
record Claim(
        int partition,
        long epoch,
        long sequence,
        long committedOffset,
        OffsetRanges processed,
        int uncleanClaims,
        long trialOffset,
        long trialEnd,
        int trials) {}
