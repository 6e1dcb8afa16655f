package io.millrace.chunk;

/** What a border between two chunks would part, from the best place to cut to the worst. */
enum Border {
    PARAGRAPH,
    LINE,
    SENTENCE,
    /** The end of a line in running text, or of a heading, which belongs to what comes below it. */
    WRAPPED_LINE,
    WORD,
    /** Between two characters as a reader sees them: letter with accents, emoji with its modifiers. */
    CHARACTER,
    CODE_POINT
}
