package io.millrace.extract;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads relationships off a sentence in which at least two names stand: verbs between names ({@link ClauseReader}), and
 * what is said of a name beside it, such as "Paris, the capital of France" or "France's capital, Paris".
 *
 * <p>The evidence span reaches from the one name to the other; the description is the whole sentence, clipped.
 */
final class RelationshipFinder {
    private static final int PLACE_CONFIDENCE = 60;
    private static final int AFFILIATION_CONFIDENCE = 50;
    private static final int MAX_GAP_TOKENS = 12;

    private final Lexicon lexicon;

    RelationshipFinder(Lexicon lexicon) {
        this.lexicon = lexicon;
    }

    /**
     * @param names the sentence's names from left to right
     * @param spokenOf the person whom a "he" or "she" at the beginning means, when that is clear
     */
    List<RelationshipMention> find(
            String text, Sentence sentence, List<LinkedName> names, @Nullable LinkedName spokenOf) {
        var statements = new ArrayList<>(new ClauseReader(lexicon, sentence, names, spokenOf).read());
        for (var i = 0; i + 1 < names.size(); i++) {
            addIfPresent(statements, apposition(sentence, names.get(i), names.get(i + 1)));
            addIfPresent(statements, possessive(sentence, names.get(i), names.get(i + 1)));
            addIfPresent(statements, capitalBefore(sentence, names.get(i), names.get(i + 1)));
            addIfPresent(statements, placeInPlace(sentence, names, i));
            addIfPresent(statements, affiliation(sentence, names.get(i), names.get(i + 1)));
        }
        return statements.stream()
                .filter(statement ->
                        !statement.source().entity().equals(statement.target().entity()))
                .map(statement -> statement.toMention(text, sentence))
                .distinct()
                .toList();
    }

    private static void addIfPresent(List<Statement> statements, @Nullable Statement statement) {
        if (statement != null) {
            statements.add(statement);
        }
    }

    /** "Bonn, a city in Germany"; "Curie, professor of physics at the Sorbonne". */
    private @Nullable Statement apposition(Sentence sentence, LinkedName name, LinkedName other) {
        var comma = name.span().to();
        if (!sentence.word(comma).equals(",") || other.span().from() - comma > MAX_GAP_TOKENS) {
            return null;
        }
        var phrase = NounPhrase.at(sentence, comma + 1);
        if (phrase == null) {
            return null;
        }
        var noun = sentence.word(phrase.head());
        var preposition = prepositionBefore(sentence, phrase.to(), other.span().from());
        if (preposition == null || !canBe(name, noun, sentence.word(comma + 1))) {
            return null;
        }
        var isSeat = lexicon.lists("organization noun", noun)
                && other.type() == EntityType.LOCATION
                && (preposition.equals("in") || preposition.equals("from"));
        return statement(
                name, other, isSeat ? RelationshipType.locatedIn(PLACE_CONFIDENCE) : typeOfNoun(noun, preposition));
    }

    /** Whether the noun is said of the name: "in Halifax, the son of X" says nothing of Halifax. */
    private boolean canBe(LinkedName name, String noun, String article) {
        if (lexicon.lists("occupation", noun)) {
            return name.type() != EntityType.LOCATION;
        }
        return article.equals("a") || article.equals("an") || article.equals("the");
    }

    /** The one preposition that leads from a noun to a name, with nothing but an article or adjectives behind it. */
    private static @Nullable String prepositionBefore(Sentence sentence, int from, int name) {
        var i = from;
        // "professor of physics at X": a first phrase without a name may come between.
        if (sentence.tag(i).equals("ADP") && sentence.tag(i + 1).equals("NOUN") && i + 2 < name) {
            i += 2;
        }
        if (!sentence.tag(i).equals("ADP") || i >= name) {
            return null;
        }
        for (var j = i + 1; j < name; j++) {
            if (!sentence.tag(j).equals("DET")
                    && !sentence.tag(j).equals("ADJ")
                    && !sentence.tag(j).equals("PROPN")) {
                return null;
            }
        }
        return sentence.word(i);
    }

    private @Nullable RelationshipType typeOfNoun(String noun, String preposition) {
        var isPlace = lexicon.lists("place noun", noun) && (preposition.equals("in") || preposition.equals("of"));
        return isPlace && !noun.equals("capital")
                ? RelationshipType.locatedIn(PLACE_CONFIDENCE)
                : RelationshipType.ofNoun(noun, preposition);
    }

    /** "France's capital, Paris"; "Curie's husband Pierre". */
    private static @Nullable Statement possessive(Sentence sentence, LinkedName owner, LinkedName name) {
        var i = owner.span().to();
        if (!sentence.word(i).equals("'s") && !sentence.word(i).equals("'")) {
            return null;
        }
        var phrase = NounPhrase.at(sentence, i + 1);
        if (phrase == null || phrase.to() > name.span().from()) {
            return null;
        }
        var behind = sentence.word(phrase.to()).equals(",") ? phrase.to() + 1 : phrase.to();
        return behind == name.span().from()
                ? statement(name, owner, RelationshipType.ofNoun(sentence.word(phrase.head()), "of"))
                : null;
    }

    /** "the capital of France, Paris,". */
    private static @Nullable Statement capitalBefore(Sentence sentence, LinkedName whole, LinkedName name) {
        var of = whole.span().from() - (sentence.word(whole.span().from() - 1).equals("the") ? 2 : 1);
        var isThe = sentence.word(of - 2).equals("the") || sentence.word(of - 3).equals("the");
        if (!sentence.word(of).equals("of") || !sentence.tag(of - 1).equals("NOUN") || !isThe) {
            return null;
        }
        var isApposed = sentence.word(whole.span().to()).equals(",")
                && name.span().from() == whole.span().to() + 1;
        var behind = sentence.word(name.span().to());
        return isApposed && (behind.equals(",") || behind.equals("."))
                ? statement(name, whole, RelationshipType.ofNoun(sentence.word(of - 1), "of"))
                : null;
    }

    /** "Bonn, Germany", but not the list "Bonn, Paris and Rome". */
    private @Nullable Statement placeInPlace(Sentence sentence, List<LinkedName> names, int i) {
        var part = names.get(i);
        var whole = names.get(i + 1);
        var arePlaces = part.type() == EntityType.LOCATION && whole.type() == EntityType.LOCATION;
        var areApposed = sentence.word(part.span().to()).equals(",")
                && whole.span().from() == part.span().to() + 1;
        if (!arePlaces
                || !areApposed
                || !lexicon.lists("place", String.join(" ", whole.span().words()))) {
            return null;
        }
        var behind = sentence.word(whole.span().to());
        var isList = behind.equals("and") || behind.equals("or") || isBehindListMark(sentence, part);
        var goesOn = behind.equals(",")
                && (sentence.word(whole.span().to() + 1).equals("and")
                        || (i + 2 < names.size()
                                && names.get(i + 2).span().from()
                                        == whole.span().to() + 1
                                && !isCountryChain(names, i)));
        return isList || goesOn ? null : statement(part, whole, RelationshipType.locatedIn(PLACE_CONFIDENCE));
    }

    private static boolean isBehindListMark(Sentence sentence, LinkedName name) {
        var before = sentence.word(name.span().from() - 1);
        return before.equals(",") || before.equals("and");
    }

    /** "Palo Alto, California, United States": the last is listed and ends the chain. */
    private static boolean isCountryChain(List<LinkedName> names, int i) {
        return names.get(i + 2).entity().startsWith("United ")
                || names.get(i + 2).entity().startsWith("U");
    }

    /** "Lise Meitner of the Kaiser Wilhelm Institute". */
    private static @Nullable Statement affiliation(Sentence sentence, LinkedName person, LinkedName organization) {
        var i = person.span().to();
        var link = sentence.word(i);
        var behind = sentence.word(i + 1).equals("the") ? i + 2 : i + 1;
        var isAffiliation = person.type() == EntityType.PERSON
                && organization.type() == EntityType.ORGANIZATION
                && (link.equals("of") || link.equals("at") || link.equals("from"))
                && behind == organization.span().from();
        return isAffiliation
                ? statement(person, organization, new RelationshipType("AFFILIATED_WITH", AFFILIATION_CONFIDENCE))
                : null;
    }

    private static @Nullable Statement statement(
            LinkedName source, LinkedName target, @Nullable RelationshipType type) {
        return type == null ? null : new Statement(source, target, type);
    }
}
