package io.millrace.extract;

import java.util.List;
import java.util.Locale;

/**
 * Tokens {@code [from, to)} of a sentence that read like a name.
 *
 * @param sentence where it stands
 * @param from its first token
 * @param to behind its last token
 * @param titled whether a title stands before it (Dr., President)
 * @param quoted whether it stands in quotation marks, as titles of works do
 * @param strength how far its capitals tell that it is a name
 */
record NameSpan(Sentence sentence, int from, int to, boolean titled, boolean quoted, Strength strength) {
    boolean isFirm() {
        return strength == Strength.FIRM;
    }

    int start() {
        return sentence.token(from).start();
    }

    int end() {
        return sentence.token(to - 1).end();
    }

    int tokenCount() {
        return to - from;
    }

    List<Token> tokens() {
        return sentence.tokens().subList(from, to);
    }

    List<String> words() {
        return sentence.words().subList(from, to);
    }

    String firstWord() {
        return sentence.word(from);
    }

    String lastWord() {
        return sentence.word(to - 1);
    }

    /** The words with one space wherever the text has any, as a lexicon lists a name. */
    String lowerCase(String text) {
        return collapse(text.substring(start(), end())).toLowerCase(Locale.ROOT);
    }

    /** The name as it is written, but on one line. */
    String surface(String text) {
        return collapse(text.substring(start(), end()));
    }

    /** What parts tokens for the {@link Tokenizer} becomes one space. */
    private static String collapse(String words) {
        return words.replaceAll("[\\s\\p{Z}\\p{Cc}\\p{Cf}]+", " ").strip();
    }
}
