package io.millrace.extract;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The name of a relationship as the words between two names give it, and how much it tells.
 *
 * <p>Common phrases of one meaning share a type ({@code STUDIED_AT}: educated at, graduated from, attended); every other
 * verb or noun makes its own, as it is read.
 *
 * @param name in upper case with underscores, at most {@value #MAX_CHARS} characters
 * @param confidence of a plain statement in this form
 */
record RelationshipType(String name, int confidence) {
    static final int MAX_CHARS = 100;

    private static final int KNOWN = 75;
    private static final int PLAIN = 60;
    private static final int WITH_PREPOSITION = 55;
    private static final int BY_NOUN = 60;
    private static final int LOOSE = 42;

    private static final Map<String, String> KNOWN_PHRASES = Map.ofEntries(
            Map.entry("born in", "BORN_IN"),
            Map.entry("born at", "BORN_IN"),
            Map.entry("born near", "BORN_NEAR"),
            Map.entry("born to", "CHILD_OF"),
            Map.entry("died in", "DIED_IN"),
            Map.entry("died at", "DIED_IN"),
            Map.entry("buried in", "BURIED_IN"),
            Map.entry("buried at", "BURIED_IN"),
            Map.entry("founded", "FOUNDED"),
            Map.entry("co-founded", "FOUNDED"),
            Map.entry("established", "FOUNDED"),
            Map.entry("founded in", "FOUNDED_IN"),
            Map.entry("established in", "FOUNDED_IN"),
            Map.entry("worked at", "WORKED_AT"),
            Map.entry("worked for", "WORKED_AT"),
            Map.entry("worked with", "WORKED_WITH"),
            Map.entry("collaborated with", "WORKED_WITH"),
            Map.entry("employed by", "WORKED_AT"),
            Map.entry("employed at", "WORKED_AT"),
            Map.entry("studied at", "STUDIED_AT"),
            Map.entry("educated at", "STUDIED_AT"),
            Map.entry("graduated from", "STUDIED_AT"),
            Map.entry("enrolled at", "STUDIED_AT"),
            Map.entry("attended", "STUDIED_AT"),
            Map.entry("studied under", "STUDENT_OF"),
            Map.entry("taught at", "TAUGHT_AT"),
            Map.entry("lectured at", "TAUGHT_AT"),
            Map.entry("lived in", "LIVED_IN"),
            Map.entry("resided in", "LIVED_IN"),
            Map.entry("settled in", "LIVED_IN"),
            Map.entry("moved to", "MOVED_TO"),
            Map.entry("emigrated to", "MOVED_TO"),
            Map.entry("married", "MARRIED_TO"),
            Map.entry("married to", "MARRIED_TO"),
            Map.entry("located in", "LOCATED_IN"),
            Map.entry("located on", "LOCATED_ON"),
            Map.entry("located of", "LOCATED_NEAR"),
            Map.entry("situated in", "LOCATED_IN"),
            Map.entry("based in", "LOCATED_IN"),
            Map.entry("headquartered in", "LOCATED_IN"),
            Map.entry("stood in", "LOCATED_IN"),
            Map.entry("lay in", "LOCATED_IN"),
            Map.entry("lay on", "LOCATED_ON"),
            Map.entry("bordered", "BORDERS"),
            Map.entry("bordered by", "BORDERS"),
            Map.entry("flowed through", "FLOWS_THROUGH"),
            Map.entry("flowed into", "FLOWS_INTO"),
            Map.entry("ran through", "FLOWS_THROUGH"),
            Map.entry("belonged to", "PART_OF"),
            Map.entry("acquired", "ACQUIRED"),
            Map.entry("bought", "ACQUIRED"),
            Map.entry("purchased", "ACQUIRED"),
            Map.entry("merged with", "MERGED_WITH"),
            Map.entry("won", "WON"),
            Map.entry("received", "RECEIVED"),
            Map.entry("wrote", "WROTE"),
            Map.entry("authored", "WROTE"),
            Map.entry("directed", "DIRECTED"),
            Map.entry("composed", "COMPOSED"),
            Map.entry("painted", "PAINTED"),
            Map.entry("published", "PUBLISHED"),
            Map.entry("discovered", "DISCOVERED"),
            Map.entry("invented", "INVENTED"),
            Map.entry("developed", "DEVELOPED"),
            Map.entry("designed", "DESIGNED"),
            Map.entry("led", "LED"),
            Map.entry("headed", "LED"),
            Map.entry("owned", "OWNED"),
            Map.entry("joined", "JOINED"),
            Map.entry("named after", "NAMED_AFTER"),
            Map.entry("succeeded", "SUCCEEDED"),
            Map.entry("defeated", "DEFEATED"),
            Map.entry("influenced", "INFLUENCED"),
            Map.entry("member of", "MEMBER_OF"),
            Map.entry("part of", "PART_OF"),
            Map.entry("capital of", "CAPITAL_OF"),
            Map.entry("student of", "STUDENT_OF"),
            Map.entry("pupil of", "STUDENT_OF"),
            Map.entry("wife of", "MARRIED_TO"),
            Map.entry("husband of", "MARRIED_TO"),
            Map.entry("son of", "CHILD_OF"),
            Map.entry("daughter of", "CHILD_OF"),
            Map.entry("founder of", "FOUNDED"),
            Map.entry("co-founder of", "FOUNDED"),
            Map.entry("author of", "WROTE"),
            Map.entry("writer of", "WROTE"),
            Map.entry("inventor of", "INVENTED"),
            Map.entry("composer of", "COMPOSED"),
            Map.entry("discoverer of", "DISCOVERED"),
            Map.entry("subsidiary of", "PART_OF"),
            Map.entry("division of", "PART_OF"),
            Map.entry("tributary of", "TRIBUTARY_OF"),
            Map.entry("suburb of", "LOCATED_IN"));

    /** Subject, verb and perhaps a preposition: {@code FOUNDED}, {@code TAUGHT_AT}. */
    static @Nullable RelationshipType ofVerb(String past, String preposition) {
        var phrase = preposition.isEmpty() ? past : past + " " + preposition;
        return of(phrase, preposition.isEmpty() ? PLAIN : WITH_PREPOSITION);
    }

    /** What a noun says that the source is of the target: {@code CAPITAL_OF}, {@code PROFESSOR_AT}. */
    static @Nullable RelationshipType ofNoun(String noun, String preposition) {
        return of(noun + " " + preposition, BY_NOUN);
    }

    /** A verb with its object and a preposition: {@code WROTE_BOOK_ABOUT}. */
    static @Nullable RelationshipType ofPhrase(String past, String noun, String preposition) {
        return of(past + " " + noun + " " + preposition, LOOSE);
    }

    static RelationshipType locatedIn(int confidence) {
        return new RelationshipType("LOCATED_IN", confidence);
    }

    RelationshipType withConfidence(int other) {
        return new RelationshipType(name, other);
    }

    private static @Nullable RelationshipType of(String phrase, int confidence) {
        var known = KNOWN_PHRASES.get(phrase);
        if (known != null) {
            return new RelationshipType(known, KNOWN);
        }
        var isWords = phrase.length() <= MAX_CHARS && phrase.matches("[a-z]{2,}(?:[ -][a-z]+)*");
        return isWords
                ? new RelationshipType(phrase.toUpperCase(Locale.ROOT).replaceAll("[ -]", "_"), confidence)
                : null;
    }
}
