package io.millrace.graph;

import io.millrace.pg.NameUuid;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Votes for one property of one entity or relationship: its name, type or description. The value with most votes wins, on
 * a tie the one that comes first by its UTF-8 bytes; so the outcome does not depend on the order of the votes. The
 * winner's votes are kept with it, and a row is kept for each other value: adding a vote needs the winner and the one
 * value, never the whole list.
 */
final class Ballot {

    /** What is voted on. */
    enum Kind {
        NAME("name"),
        TYPE("type"),
        DESCRIPTION("description");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    /** A value that does not win, by the hash of it. */
    record Key(UUID subjectId, Kind kind, UUID valueHash) {
        static Key of(UUID subjectId, Kind kind, String value) {
            return new Key(subjectId, kind, NameUuid.md5(value));
        }
    }

    /** A value that does not win, and its votes; none when the row is to go. */
    record Other(Key key, String value, long votes) {}

    private final UUID subjectId;
    private final Kind kind;
    private final Map<String, Other> touched = new HashMap<>();
    private @Nullable String winner;
    private long winnerVotes;

    Ballot(UUID subjectId, Kind kind, @Nullable String winner, long winnerVotes) {
        this.subjectId = subjectId;
        this.kind = kind;
        this.winner = winner;
        this.winnerVotes = winnerVotes;
    }

    @Nullable
    String winner() {
        return winner;
    }

    long winnerVotes() {
        return winnerVotes;
    }

    /** Values that do not win and whose votes have changed. */
    Iterable<Other> touched() {
        return touched.values();
    }

    /** @param stored votes of values that did not win when this batch began */
    void add(String value, Map<Key, Long> stored) {
        if (winner == null || value.equals(winner)) {
            winner = value;
            winnerVotes++;
            return;
        }
        var other = touched.get(value);
        var key = other != null ? other.key : Key.of(subjectId, kind, value);
        var votes = 1 + (other != null ? other.votes : stored.getOrDefault(key, 0L));
        if (beats(value, votes)) {
            touched.put(value, new Other(key, value, 0));
            touched.put(winner, new Other(Key.of(subjectId, kind, winner), winner, winnerVotes));
            winner = value;
            winnerVotes = votes;
        } else {
            touched.put(value, new Other(key, value, votes));
        }
    }

    private boolean beats(String value, long votes) {
        return votes > winnerVotes || (votes == winnerVotes && winner != null && before(value, winner));
    }

    private static boolean before(String value, String other) {
        return Arrays.compareUnsigned(value.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8))
                < 0;
    }
}
