package io.millrace.extract;

import org.jspecify.annotations.Nullable;

/**
 * The words that lead from a verb, or from the object before, to a name.
 *
 * @param firstPreposition the one right behind the verb, before any noun, or empty
 * @param noun the first noun that tells something, or null
 * @param preposition the last one, or empty when the name is a direct object
 * @param broken whether something stands between that makes the link a guess
 */
record VerbPath(String firstPreposition, @Nullable String noun, String preposition, boolean broken) {
    private static final int MAX_NOUNS_IN_A_ROW = 2;

    static VerbPath read(Lexicon lexicon, Sentence sentence, int from, int to) {
        return new Reading(lexicon, sentence, to).read(from);
    }

    private static final class Reading {
        private final Lexicon lexicon;
        private final Sentence sentence;
        private final int to;
        private String firstPreposition = "";
        private String preposition = "";
        private @Nullable String noun;
        private int nounsInARow;

        Reading(Lexicon lexicon, Sentence sentence, int to) {
            this.lexicon = lexicon;
            this.sentence = sentence;
            this.to = to;
        }

        VerbPath read(int from) {
            var i = from;
            while (i < to) {
                if (breaks(i)) {
                    return path(true);
                }
                i = switch (sentence.tag(i)) {
                    case "ADP", "PART", "SCONJ" -> readPreposition(i);
                    case "NOUN" -> readNoun(i);
                    case "PROPN" -> readTitle(i);
                    default -> i + 1;
                };
            }
            return path(nounsInARow > MAX_NOUNS_IN_A_ROW);
        }

        private VerbPath path(boolean broken) {
            return new VerbPath(firstPreposition, noun, preposition, broken);
        }

        private boolean breaks(int i) {
            var word = sentence.word(i);
            return switch (sentence.tag(i)) {
                case "PRON", "CCONJ" -> !word.equals("and") || noun == null;
                case "PUNCT" -> !word.equals("\"") && !word.equals("“") && !word.equals(",");
                // A name that is none of ours: what stands behind it goes with it.
                case "PROPN" -> leadsOn(i) && !isTitle(word);
                default -> word.equals("no");
            };
        }

        private boolean leadsOn(int i) {
            return i + 1 < to && sentence.tag(i + 1).equals("ADP");
        }

        private boolean isTitle(String word) {
            return lexicon.lists("occupation", word) || lexicon.lists("title", word);
        }

        private int readPreposition(int i) {
            if (noun == null && firstPreposition.isEmpty()) {
                firstPreposition = sentence.word(i);
            }
            preposition = sentence.word(i);
            nounsInARow = 0;
            return i + 1;
        }

        private int readNoun(int i) {
            nounsInARow++;
            if (!leadsOn(i)) {
                return i + 1;
            }
            if (lexicon.lists("transparent noun", sentence.word(i))
                    && sentence.word(i + 1).equals("of")) {
                // "in the city of X" is "in X".
                return i + 2;
            }
            noun = noun == null ? sentence.word(i) : noun;
            return i + 1;
        }

        /** "served as Chancellor of X": a title is a noun here. */
        private int readTitle(int i) {
            if (leadsOn(i) && noun == null) {
                noun = sentence.word(i);
            }
            return i + 1;
        }
    }
}
