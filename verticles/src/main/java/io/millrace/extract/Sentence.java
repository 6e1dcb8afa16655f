package io.millrace.extract;

import java.util.List;

/**
 * A sentence's tokens with their parts of speech (Universal Dependencies: PROPN, NOUN, VERB, AUX, ADP, …) and their
 * words in lower case, all of one length. No record: it is a key of maps, by identity, and long to compare.
 */
final class Sentence {
    private final List<Token> tokens;
    private final List<String> tags;
    private final List<String> words;

    Sentence(List<Token> tokens, List<String> tags, List<String> words) {
        this.tokens = List.copyOf(tokens);
        this.tags = List.copyOf(tags);
        this.words = List.copyOf(words);
    }

    List<Token> tokens() {
        return tokens;
    }

    List<String> words() {
        return words;
    }

    int size() {
        return tokens.size();
    }

    Token token(int index) {
        return tokens.get(index);
    }

    /** The part of speech at an index, empty outside of the sentence. */
    String tag(int index) {
        return index >= 0 && index < tags.size() ? tags.get(index) : "";
    }

    /** The lower-case word at an index, empty outside of the sentence. */
    String word(int index) {
        return index >= 0 && index < words.size() ? words.get(index) : "";
    }

    int start() {
        return tokens.getFirst().start();
    }

    int end() {
        return tokens.getLast().end();
    }
}
