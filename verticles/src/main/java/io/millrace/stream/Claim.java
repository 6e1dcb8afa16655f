package io.millrace.stream;

/**
 * A partition of a group in the hands of this member.
 *
 * @param sequence number of the last commit; the next one must be its successor
 * @param committedOffset where to read on
 * @param processed what the group had committed before it was moved back: work there is done again
 * @param uncleanClaims claims that followed an unclean end at this very offset
 * @param trialOffset the record that was tried alone last, and {@code trials} how many processes ended over it
 */
record Claim(
        int partition,
        long epoch,
        long sequence,
        long committedOffset,
        OffsetRanges processed,
        int uncleanClaims,
        long trialOffset,
        int trials) {}
