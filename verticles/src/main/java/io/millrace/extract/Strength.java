package io.millrace.extract;

/** How far a word's capital tells that it is a name. */
enum Strength {
    /** It stands inside of a sentence, is listed, or has company. */
    FIRM,
    /**
     * The tagger takes it for a proper noun, but a sentence begins with it or it stands in a heading: it counts when
     * something else speaks for it too.
     */
    WEAK,
    /** It only begins a sentence: it counts when the same word is part of a firm name elsewhere in the passage. */
    GUESS
}
