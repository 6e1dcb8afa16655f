package io.millrace.extract;

/** That one name stands in a relationship to another, as a sentence says. */
record Statement(LinkedName source, LinkedName target, RelationshipType type) {
    RelationshipMention toMention(String text, Sentence sentence) {
        var inSentence = source.span().sentence() == target.span().sentence();
        // A pronoun's antecedent stands in an earlier sentence; the evidence is this one.
        var start = inSentence ? Math.min(source.span().start(), target.span().start()) : sentence.start();
        var end = inSentence
                ? Math.max(source.span().end(), target.span().end())
                : Math.max(endWithin(sentence, source), endWithin(sentence, target));
        return new RelationshipMention(
                source.entity(),
                target.entity(),
                type.name(),
                Clip.oneLine(text.substring(sentence.start(), sentence.end())),
                start,
                end,
                type.confidence());
    }

    private static int endWithin(Sentence sentence, LinkedName name) {
        return name.span().sentence() == sentence ? name.span().end() : sentence.start() + 1;
    }
}
