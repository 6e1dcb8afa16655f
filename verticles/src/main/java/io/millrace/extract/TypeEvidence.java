package io.millrace.extract;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Points for each type that a name may have. What its own words say weighs most (University, Mount, a listed name), then
 * what the sentence calls it ("the physicist X", "X, a town in"), then the words beside it ("in X", "X said").
 */
final class TypeEvidence {
    private static final int STATED = 5;
    private static final int LISTED = 4;
    private static final int CALLED = 4;
    private static final int QUOTED = 3;
    private static final int BESIDE = 2;
    private static final int HINT = 1;

    /** Words that do not stand in people's names, however many capitals there are around them. */
    private static final Set<String> NO_PERSON =
            Set.of("of", "for", "the", "and", "&", "la", "el", "los", "las", "my", "your", "in", "on");

    private final Map<EntityType, Integer> points = new EnumMap<>(EntityType.class);

    private @Nullable NounPhrase said;

    static TypeEvidence of(NameSpan name, String text, Lexicon lexicon) {
        var evidence = new TypeEvidence();
        evidence.weighWords(name, text, lexicon);
        evidence.weighWhatItIsCalled(name, lexicon);
        evidence.weighNeighbours(name, lexicon);
        return evidence;
    }

    void add(TypeEvidence other) {
        other.points.forEach(this::add);
    }

    void add(EntityType type, int value) {
        points.merge(type, value, Integer::sum);
    }

    int points(EntityType type) {
        return points.getOrDefault(type, 0);
    }

    /** The type with most points; without any, {@code MISC}. */
    EntityType type() {
        var best = EntityType.MISC;
        for (var type : EntityType.values()) {
            if (points(type) > points(best)) {
                best = type;
            }
        }
        return points(best) > 0 ? best : EntityType.MISC;
    }

    /** By how much the best type leads the next. */
    int margin() {
        var best = type();
        var next = 0;
        for (var type : EntityType.values()) {
            next = type == best ? next : Math.max(next, points(type));
        }
        return points(best) - next;
    }

    /** The phrase in which the sentence says what the name is. */
    @Nullable
    NounPhrase said() {
        return said;
    }

    private void weighWords(NameSpan name, String text, Lexicon lexicon) {
        var whole = name.lowerCase(text);
        var first = name.firstWord();
        var last = name.lastWord();
        if (lexicon.lists("place", whole)) {
            add(EntityType.LOCATION, LISTED);
        }
        if (lexicon.lists("organization", whole)) {
            add(EntityType.ORGANIZATION, STATED);
        }
        if (name.titled()) {
            add(EntityType.PERSON, STATED);
        }
        if (name.quoted()) {
            add(EntityType.WORK, QUOTED);
        }
        if (lexicon.lists("given", first) && !name.quoted()) {
            add(EntityType.PERSON, name.tokenCount() > 1 ? LISTED : BESIDE);
        }
        if ((lexicon.lists("regnal", first) || lexicon.lists("nobility", first)) && name.tokenCount() > 1) {
            add(EntityType.PERSON, CALLED);
        }
        if (lexicon.lists("location front", first) && name.tokenCount() > 1 && !lexicon.lists("regnal", first)) {
            add(EntityType.LOCATION, BESIDE);
        }
        if (name.tokenCount() > 1) {
            weighHead(name, lexicon);
        }
        if (name.tokenCount() == 1 && name.sentence().token(name.from()).isAllCapitals() && last.length() <= 6) {
            add(EntityType.ORGANIZATION, HINT);
        }
        if (name.words().contains("&")) {
            add(EntityType.ORGANIZATION, BESIDE);
        }
        if (looksLikePersonName(name, lexicon)) {
            add(EntityType.PERSON, HINT);
        }
        if (last.endsWith("shire") || last.endsWith("stan") || last.endsWith("ville") || last.endsWith("burgh")) {
            add(EntityType.LOCATION, BESIDE);
        }
    }

    /** The head is the last word, or the one before "of" or "for" (University of Vienna); both may speak. */
    private void weighHead(NameSpan name, Lexicon lexicon) {
        var words = name.words();
        var head = words.size() - 1;
        for (var i = 1; i < words.size(); i++) {
            if (words.get(i).equals("of") || words.get(i).equals("for")) {
                head = i - 1;
                break;
            }
        }
        var decided = weighHeadWord(words.get(head), head == 0 ? 0 : STATED, lexicon);
        if (head == 0 && words.size() > 2) {
            decided = weighHeadWord(words.getFirst(), STATED, lexicon);
        }
        if (!decided) {
            for (var word : words) {
                if (weighHeadWord(word, BESIDE, lexicon)) {
                    return;
                }
            }
        }
    }

    private boolean weighHeadWord(String word, int value, Lexicon lexicon) {
        if (lexicon.lists("event head", word) || lexicon.lists("event noun", word)) {
            add(EntityType.EVENT, value);
        } else if (lexicon.lists("misc head", word)) {
            add(EntityType.MISC, value);
        } else if (lexicon.lists("organization head", word)) {
            add(EntityType.ORGANIZATION, value);
        } else if (lexicon.lists("location head", word)) {
            add(EntityType.LOCATION, value);
        } else if (lexicon.lists("work head", word)) {
            add(EntityType.WORK, value);
        } else {
            return false;
        }
        return true;
    }

    private static boolean looksLikePersonName(NameSpan name, Lexicon lexicon) {
        if (name.quoted() || name.tokenCount() < 2 || name.tokenCount() > 4) {
            return false;
        }
        for (var token : name.tokens()) {
            var initial = token.text().length() == 2 && token.text().endsWith(".");
            var plain = token.text().chars().allMatch(c -> Character.isLetter(c) || c == '-' || c == '\'' || c == '’');
            if (!initial && !isNamePart(token, plain)) {
                return false;
            }
        }
        for (var word : name.words()) {
            if (lexicon.lists("demonym", word) || lexicon.lists("name adjective", word) || NO_PERSON.contains(word)) {
                return false;
            }
        }
        return true;
    }

    /** Capitalised, or a short particle such as "van". */
    private static boolean isNamePart(Token token, boolean plain) {
        return plain
                && !token.isAllCapitals()
                && (token.isCapitalised() || token.text().length() <= 3);
    }

    private void weighWhatItIsCalled(NameSpan name, Lexicon lexicon) {
        var sentence = name.sentence();
        weighNoun(sentence.word(name.from() - 1), sentence.tag(name.from() - 1), CALLED, lexicon);
        if (sentence.word(name.from() - 1).equals("of")) {
            weighNoun(sentence.word(name.from() - 2), sentence.tag(name.from() - 2), HINT, lexicon);
        }
        var phrase = phraseBehind(name);
        if (phrase != null && weighNoun(sentence.word(phrase.head()), "NOUN", CALLED, lexicon)) {
            said = phrase;
        }
    }

    /** Apposition or copula: "X, a bank in", "X (a bank)", "X was a bank". */
    private static @Nullable NounPhrase phraseBehind(NameSpan name) {
        var sentence = name.sentence();
        var i = name.to();
        if (sentence.word(i).equals("(")) {
            // "X (1867 – 1934) was a"
            var closing = closingParenthesis(sentence, i);
            if (closing > 0) {
                i = closing + 1;
            }
        }
        return switch (sentence.word(i)) {
            case ",", "–", "—" ->
                sentence.tag(i + 1).equals("DET")
                                || sentence.tag(i + 1).equals("NOUN")
                                || sentence.tag(i + 1).equals("ADJ")
                        ? NounPhrase.at(sentence, i + 1)
                        : null;
            case "is", "was", "are", "were", "became", "remains" -> NounPhrase.at(sentence, i + 1);
            default -> null;
        };
    }

    private static int closingParenthesis(Sentence sentence, int open) {
        for (var i = open + 1; i < Math.min(sentence.size(), open + 30); i++) {
            if (sentence.word(i).equals(")")) {
                return i;
            }
        }
        return -1;
    }

    private boolean weighNoun(String word, String tag, int value, Lexicon lexicon) {
        if (!tag.equals("NOUN")) {
            return false;
        }
        var singular = word.endsWith("s") ? word.substring(0, word.length() - 1) : word;
        return weighNounIn("occupation", EntityType.PERSON, word, singular, value, lexicon)
                || weighNounIn("organization noun", EntityType.ORGANIZATION, word, singular, value, lexicon)
                || weighNounIn("place noun", EntityType.LOCATION, word, singular, value, lexicon)
                || weighNounIn("work noun", EntityType.WORK, word, singular, value, lexicon)
                || weighNounIn("event noun", EntityType.EVENT, word, singular, value, lexicon);
    }

    private boolean weighNounIn(
            String section, EntityType type, String word, String singular, int value, Lexicon lexicon) {
        if (!lexicon.lists(section, word) && !lexicon.lists(section, singular)) {
            return false;
        }
        add(type, value);
        return true;
    }

    private void weighNeighbours(NameSpan name, Lexicon lexicon) {
        var sentence = name.sentence();
        var before = sentence.word(name.from() - 1);
        var article = before.equals("the");
        switch (article ? sentence.word(name.from() - 2) : before) {
            case "in" -> add(EntityType.LOCATION, article ? HINT : BESIDE);
            case "near" -> add(EntityType.LOCATION, BESIDE);
            case "from", "to", "through", "across" -> add(EntityType.LOCATION, HINT);
            case "at" -> add(EntityType.ORGANIZATION, HINT);
            case "by" -> add(article ? EntityType.ORGANIZATION : EntityType.PERSON, HINT);
            case "during" -> add(EntityType.EVENT, HINT);
            default -> {}
        }
        var after = sentence.word(name.to());
        var verb = after.equals("was") || after.equals("were") ? sentence.word(name.to() + 1) : after;
        if (lexicon.lists("person verb", verb)) {
            add(EntityType.PERSON, HINT);
        }
        if (lexicon.lists("organization verb", verb)) {
            add(EntityType.ORGANIZATION, HINT);
        }
        if (lexicon.lists("place verb", verb)) {
            add(EntityType.LOCATION, HINT);
        }
        if (after.equals("who")
                || (after.equals(",") && sentence.word(name.to() + 1).equals("who"))) {
            add(EntityType.PERSON, BESIDE);
        }
        if (after.equals("(")) {
            weighParenthesis(sentence, name.to() + 1);
        }
        if (verb.equals("born") || verb.equals("died")) {
            add(EntityType.PERSON, BESIDE);
        }
    }

    /** "(born 1867", "(7 November 1867 – 4 July 1934)" stand behind people, "(1984)" behind works. */
    private void weighParenthesis(Sentence sentence, int i) {
        if (sentence.word(i).equals("born")
                || sentence.word(i).equals("b.")
                || sentence.word(i).equals("née")) {
            add(EntityType.PERSON, STATED);
            return;
        }
        var years = 0;
        for (var j = i;
                j < Math.min(sentence.size(), i + 12) && !sentence.word(j).equals(")");
                j++) {
            years += sentence.word(j).matches("\\d{4}") ? 1 : 0;
        }
        if (years == 2) {
            add(EntityType.PERSON, BESIDE);
        } else if (years == 1 && sentence.word(i + 1).equals(")")) {
            add(EntityType.WORK, HINT);
        }
    }
}
