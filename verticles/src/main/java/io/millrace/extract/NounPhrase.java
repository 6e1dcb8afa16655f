package io.millrace.extract;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The words that say what a name is, as in "Ada Lovelace was <em>an English mathematician</em>" or "Bonn, <em>a city on
 * the Rhine</em>".
 *
 * @param from its first token
 * @param head the noun that decides
 * @param to behind its last token
 */
record NounPhrase(int from, int head, int to) {
    private static final int MAX_TOKENS = 10;
    private static final Set<String> INSIDE = Set.of("ADJ", "NOUN", "PROPN", "NUM", "ADV");

    /** The phrase that begins at a token, with or without an article; null when none does. */
    static @Nullable NounPhrase at(Sentence sentence, int start) {
        var i = start;
        if (sentence.tag(i).equals("DET") || sentence.tag(i).equals("NUM")) {
            i++;
        }
        var head = -1;
        while (i < sentence.size() && i < start + MAX_TOKENS) {
            var tag = sentence.tag(i);
            if (tag.equals("NOUN")) {
                head = i;
            } else if (!INSIDE.contains(tag) && !isJoint(sentence, i, head)) {
                break;
            }
            i++;
        }
        return head < 0 ? null : new NounPhrase(start, head, head + 1);
    }

    /** "writer, poet and painter" goes on to no noun that decides otherwise, so it may end here; hyphens go on. */
    private static boolean isJoint(Sentence sentence, int i, int head) {
        var word = sentence.word(i);
        return head < 0
                && (word.equals("-")
                        || (word.equals("and") && sentence.tag(i + 1).equals("ADJ"))
                        || (word.equals(",") && sentence.tag(i + 1).equals("ADJ")));
    }
}
