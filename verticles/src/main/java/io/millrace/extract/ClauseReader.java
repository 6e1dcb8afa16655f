package io.millrace.extract;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads "subject, verb, object" off a sentence from left to right, with names as subjects and objects.
 *
 * <p>At any word it knows the subjects of the clause, its verb, and where the last object ended. A verb that is
 * coordinated ("was born in X and founded Y") keeps the subject; a conjunction that opens another clause, a semicolon or
 * a subject that is no name ends it. What stands in parentheses is passed over. Negated verbs state nothing, nor does a
 * list of more than {@value #MAX_SUBJECTS} subjects: it is a table in disguise, and each would be paired with each object.
 */
final class ClauseReader {
    private static final int MAX_REACH_TOKENS = 12;
    private static final int MAX_SUBJECTS = 10;
    private static final int HEDGE_COST = 20;
    private static final int PRONOUN_COST = 10;
    private static final int DISTANCE_COST = 5;

    private static final Set<String> BE = Set.of("is", "was", "are", "were", "be", "been", "being", "'s");
    private static final Set<String> MODALS = Set.of("would", "could", "may", "might", "should", "can", "must");
    private static final Set<String> NEGATIONS = Set.of("not", "n't", "never", "neither", "nor", "without");
    private static final Set<String> RELATIVES = Set.of("who", "which", "that", "whom", "whose", "where");
    private static final Set<String> CLAUSE_ENDS = Set.of(";", ":", "but", "—", "!", "?");

    /** Without a noun for what somebody became, these say nothing. */
    private static final Set<String> BECOMING = Set.of("became", "remained", "named", "made");

    /** "leading actors", "founding members". */
    private static final Set<String> ATTRIBUTES =
            Set.of("leading", "founding", "acting", "ruling", "supporting", "surviving");

    /** What a place does not do: its name then stands where the subject was left out. */
    private static final Set<String> PERSONAL =
            Set.of("BORN_IN", "DIED_IN", "STUDIED_AT", "MARRIED_TO", "CHILD_OF", "STUDENT_OF", "TAUGHT_AT");

    /** "became president of X": the noun tells more than the verb. */
    private static final Set<String> ROLE_VERBS = Set.of(
            "became",
            "served",
            "elected",
            "appointed",
            "named",
            "remained",
            "worked",
            "made",
            "hired",
            "selected",
            "chosen");

    private final Lexicon lexicon;
    private final Sentence sentence;
    private final Map<Integer, LinkedName> nameAt = new HashMap<>();
    private final List<Statement> statements = new ArrayList<>();

    private final List<LinkedName> subjects = new ArrayList<>();
    private boolean subjectIsPronoun;
    private int verb = -1;
    private boolean copula;
    private boolean passive;
    private boolean hedged;
    private boolean negated;
    private int lastBe = -1;
    private int lastVerb = -1;
    private int lastNegation = -1;
    private int lastModal = -1;
    private int objectEnd = -1;
    private @Nullable LinkedName lastName;
    private @Nullable RelationshipType lastType;
    private boolean lastSwapped;

    ClauseReader(Lexicon lexicon, Sentence sentence, List<LinkedName> names, @Nullable LinkedName spokenOf) {
        this.lexicon = lexicon;
        this.sentence = sentence;
        for (var name : names) {
            nameAt.put(name.span().from(), name);
        }
        if (spokenOf != null) {
            subjects.add(spokenOf);
            subjectIsPronoun = true;
        }
    }

    List<Statement> read() {
        var i = 0;
        while (i < sentence.size()) {
            var name = nameAt.get(i);
            if (sentence.word(i).equals("(")) {
                i = behindParenthesis(i);
            } else if (name != null) {
                readName(name);
                lastName = name;
                i = name.span().to();
            } else {
                readWord(i);
                i++;
            }
        }
        return statements;
    }

    private int behindParenthesis(int open) {
        for (var i = open + 1; i < sentence.size(); i++) {
            if (sentence.word(i).equals(")")) {
                return i + 1;
            }
        }
        return open + 1;
    }

    private void readName(LinkedName name) {
        var span = name.span();
        if (isModifier(name)) {
            return;
        }
        if (verb >= 0 && !subjects.isEmpty() && !opensClause(span)) {
            if (span.from() - verb <= MAX_REACH_TOKENS || span.from() - objectEnd <= 3) {
                readObject(name);
            }
            return;
        }
        if (isBehindPreposition(span.from())) {
            return;
        }
        if (verb < 0
                && lastName != null
                && subjects.contains(lastName)
                && isCoordinated(lastName.span().to(), span.from())) {
            subjects.add(name);
            return;
        }
        if (verb < 0 && !subjects.isEmpty() && !subjectIsPronoun && isApposed(span.from())) {
            return;
        }
        begin(List.of(name));
    }

    /** "Curie's husband", "Google employees": the name only qualifies the noun behind it. */
    private boolean isModifier(LinkedName name) {
        var to = name.span().to();
        var next = sentence.word(to);
        return next.equals("'s")
                || next.equals("'")
                || next.equals("-")
                || (sentence.tag(to).equals("NOUN")
                        && !isBehindPreposition(name.span().from()));
    }

    /** ", and Curie discovered": a new subject rather than another object. */
    private boolean opensClause(NameSpan span) {
        var after = span.quoted() ? span.to() + 1 : span.to();
        var verbFollows = sentence.tag(after).equals("AUX")
                || (sentence.tag(after).equals("VERB") && !sentence.word(after).endsWith("ing"));
        var tagBefore = sentence.tag(wordBefore(span.from()));
        return verbFollows && !tagBefore.equals("ADP") && !tagBefore.equals("VERB") && !tagBefore.equals("AUX");
    }

    /** The word that a name's article, adjectives and title stand behind. */
    private int wordBefore(int from) {
        var i = from - 1;
        while (sentence.tag(i).equals("DET")
                || sentence.tag(i).equals("ADJ")
                || sentence.tag(i).equals("PROPN")) {
            i--;
        }
        return i;
    }

    private boolean isBehindPreposition(int from) {
        return sentence.tag(wordBefore(from)).equals("ADP");
    }

    private boolean isCoordinated(int from, int to) {
        for (var i = from; i < to; i++) {
            var word = sentence.word(i);
            if (!word.equals("and")
                    && !word.equals(",")
                    && !word.equals("&")
                    && !word.equals("the")
                    && !word.equals("or")) {
                return false;
            }
        }
        return true;
    }

    /** "X, born Y, ..." and "X, the sister of Y, ...": still about X. */
    private boolean isApposed(int from) {
        return sentence.tag(from - 1).equals("NOUN") && !sentence.word(from - 2).equals("and");
    }

    private void begin(List<LinkedName> names) {
        subjects.clear();
        subjects.addAll(names);
        subjectIsPronoun = false;
        endVerb();
    }

    private void endVerb() {
        verb = -1;
        copula = false;
        passive = false;
        hedged = false;
        negated = false;
        lastBe = -1;
        objectEnd = -1;
        lastType = null;
    }

    private void readWord(int i) {
        var word = sentence.word(i);
        var tag = sentence.tag(i);
        if (tag.equals("VERB") && word.length() < 3) {
            // A stray letter or a foreign word that the tagger did not know.
            return;
        }
        if (CLAUSE_ENDS.contains(word) || (tag.equals("SCONJ") && !RELATIVES.contains(word) && !word.equals("as"))) {
            begin(List.of());
        } else if (i > 0 && isSubjectPronoun(word, tag)) {
            begin(List.of());
        } else if (RELATIVES.contains(word) && !tag.equals("DET")) {
            readRelative(i);
        } else if (NEGATIONS.contains(word)) {
            lastNegation = i;
            negated = true;
        } else if (tag.equals("AUX")) {
            readAuxiliary(i);
        } else if (tag.equals("VERB") && !isAttributive(i)) {
            readVerb(i);
        } else if (word.equals(",") && endsObject(i)) {
            endVerb();
        }
    }

    /** Personal ones in whatever part of speech: the tagger often takes them for auxiliaries. */
    private static boolean isSubjectPronoun(String word, String tag) {
        return switch (word) {
            case "he", "she", "it", "they", "we", "i", "you" -> true;
            case "this", "these", "those", "one", "others" -> tag.equals("PRON");
            default -> false;
        };
    }

    /** "X, who founded": about X, when X stands right before. */
    private void readRelative(int i) {
        var behindComma = sentence.word(i - 1).equals(",") ? i - 1 : i;
        var antecedent = lastName;
        var isSubject = !sentence.word(i).equals("whose")
                && !sentence.word(i).equals("where")
                && !sentence.word(i).equals("whom");
        if (isSubject && antecedent != null && antecedent.span().to() == behindComma) {
            begin(List.of(antecedent));
        } else {
            begin(List.of());
        }
    }

    private void readAuxiliary(int i) {
        var word = sentence.word(i);
        if (MODALS.contains(word)) {
            lastModal = i;
            hedged = true;
        }
        if (!BE.contains(word)) {
            return;
        }
        if (verb >= 0) {
            if (keepsSubject(i)) {
                endVerb();
            } else {
                begin(List.of());
            }
            weighModality();
        }
        lastBe = i;
        lastVerb = i;
        verb = i;
        copula = true;
    }

    private void readVerb(int i) {
        var word = sentence.word(i);
        var behindBe = lastBe >= 0 && i - lastBe <= 3 && verb == lastBe;
        if (behindBe) {
            passive = !word.endsWith("ing");
        } else {
            takeSubjectOf(i);
            passive = isReducedPassive(i);
        }
        verb = i;
        lastVerb = i;
        copula = false;
        lastBe = -1;
        objectEnd = -1;
        lastType = null;
        hedged |= sentence.word(i - 1).equals("to") && !sentence.tag(i - 1).equals("ADP");
    }

    /** "the newly formed duo", "an acclaimed novel": a participle that only describes the noun behind it. */
    private boolean isAttributive(int i) {
        var next = sentence.tag(i + 1);
        var j = i - 1;
        while (sentence.tag(j).equals("ADV") || sentence.tag(j).equals("ADJ")) {
            j--;
        }
        var before = sentence.tag(j);
        var isParticiple = sentence.word(i).endsWith("ed")
                || sentence.word(i).endsWith("ing")
                || sentence.word(i).endsWith("en");
        var isBeforeNoun = next.equals("NOUN") || next.equals("ADJ") || next.equals("PROPN");
        if (next.equals("NOUN") && ATTRIBUTES.contains(sentence.word(i))) {
            return true;
        }
        return isParticiple
                && isBeforeNoun
                && (before.equals("DET") || (before.equals("PRON") && isPossessive(sentence.word(j))));
    }

    private static boolean isPossessive(String word) {
        return switch (word) {
            case "his", "her", "its", "their", "my", "our", "your", "whose" -> true;
            default -> false;
        };
    }

    private void takeSubjectOf(int i) {
        var continues = verb >= 0 && isBehindVerb(i);
        var wasHedged = hedged;
        var wasNegated = negated;
        var name = lastName;
        if (name != null && name.span().to() == i && verb >= 0) {
            // "acquired Z, a firm", "the bank X based in Y": a participle goes with the name before it.
            begin(List.of(name));
        } else if (verb >= 0 && !keepsSubject(i)) {
            begin(List.of());
        } else if (verb < 0 && !subjects.isEmpty() && hasOtherSubject(i)) {
            begin(List.of());
        } else {
            endVerb();
        }
        weighModality();
        hedged |= continues && wasHedged;
        negated |= continues && wasNegated;
    }

    /** A "not" or a "may" counts for the verb behind it, and for an infinitive that hangs on that, but no further. */
    private void weighModality() {
        hedged = lastModal > lastVerb;
        negated = lastNegation > lastVerb;
    }

    /** "wants to buy". */
    private boolean isBehindVerb(int i) {
        return behindAdverbs(i) == verb;
    }

    private int behindAdverbs(int i) {
        var j = i - 1;
        while (sentence.tag(j).equals("ADV")
                || sentence.tag(j).equals("AUX")
                || sentence.tag(j).equals("PART")) {
            j--;
        }
        return j;
    }

    /** Whether a further verb is the same subject's: "and sold", ", winning", "decided to buy". */
    private boolean keepsSubject(int i) {
        var j = behindAdverbs(i);
        var before = sentence.word(j);
        return j == verb
                || before.equals("and")
                || before.equals(",")
                || before.equals("or")
                || before.equals("then")
                || (sentence.word(i).endsWith("ing") && sentence.tag(j).equals("ADP"));
    }

    /** A noun right before the verb is its subject, unless it belongs to a phrase that a comma has closed. */
    private boolean hasOtherSubject(int i) {
        var j = behindAdverbs(i);
        var isNoun = sentence.tag(j).equals("NOUN");
        var name = lastName;
        return isNoun && (name == null || name.span().to() <= j) && !isInsideApposition(j);
    }

    private boolean isInsideApposition(int noun) {
        for (var j = noun; j >= 0 && noun - j < 6; j--) {
            if (sentence.tag(j).equals("ADP")) {
                return true;
            }
        }
        return false;
    }

    private boolean isReducedPassive(int i) {
        var word = sentence.word(i);
        var next = sentence.word(i + 1);
        return !word.endsWith("ing")
                && (next.equals("by") || sentence.word(i - 1).equals(","))
                && (word.endsWith("ed")
                        || word.endsWith("en")
                        || word.equals("born")
                        || word.equals("led")
                        || word.equals("built"));
    }

    /** A comma ends an object's reach when a phrase without a name follows: "founded X, a company in Y". */
    private boolean endsObject(int comma) {
        var next = sentence.tag(comma + 1);
        return verb >= 0
                && !nameAt.containsKey(comma + 1)
                && (next.equals("DET") || next.equals("NOUN") || next.equals("ADJ"))
                && !nameAt.containsKey(comma + 2);
    }

    private void readObject(LinkedName name) {
        var isFirst = objectEnd < 0;
        if (!isFirst && isCoordinated(objectEnd, name.span().from()) && lastType != null) {
            state(name, lastType, lastSwapped);
        } else {
            lastType = typeTo(name, isFirst);
            if (lastType != null) {
                state(name, lastType, lastSwapped);
            }
        }
        objectEnd = name.span().to();
    }

    private void state(LinkedName object, RelationshipType type, boolean swapped) {
        var isPlaceless = type.name().startsWith("LOCATED_") && object.type() == EntityType.PERSON;
        if (negated || isPlaceless || subjects.size() > MAX_SUBJECTS) {
            return;
        }
        var confidence = type.confidence();
        confidence -= hedged ? HEDGE_COST : 0;
        confidence -= subjectIsPronoun ? PRONOUN_COST : 0;
        confidence -= object.span().from() - verb > 6 ? DISTANCE_COST : 0;
        confidence -= object.type() == EntityType.MISC ? DISTANCE_COST : 0;
        var weighed = type.withConfidence(Math.clamp(confidence, 20, 80));
        for (var subject : subjects) {
            var source = swapped ? object : subject;
            var target = swapped ? subject : object;
            if (source.type() != EntityType.LOCATION || !PERSONAL.contains(weighed.name())) {
                statements.add(new Statement(source, target, weighed));
            }
        }
    }

    /** What the words between the verb, or the object before, and the name make of it; null when nothing clear. */
    private @Nullable RelationshipType typeTo(LinkedName name, boolean isFirst) {
        var path = VerbPath.read(
                lexicon, sentence, isFirst ? verb + 1 : objectEnd, name.span().from());
        lastSwapped = false;
        if (path.broken()
                || (!isFirst && (path.noun() != null || path.preposition().isEmpty()))) {
            return null;
        }
        if (copula) {
            return typeOfCopula(path);
        }
        var past = VerbForms.past(sentence.word(verb));
        var needsRole = ROLE_VERBS.contains(past);
        if ((lexicon.lists("empty verb", past) && !needsRole) || (BECOMING.contains(past) && path.noun() == null)) {
            return null;
        }
        return passive ? typeOfPassive(past, path) : typeOfActive(past, path);
    }

    private @Nullable RelationshipType typeOfCopula(VerbPath path) {
        var noun = path.noun();
        if (noun == null) {
            return path.preposition().equals("in") ? RelationshipType.locatedIn(60) : null;
        }
        if (path.preposition().isEmpty() || !path.firstPreposition().isEmpty()) {
            return null;
        }
        if (lexicon.lists("place noun", noun)
                && !noun.equals("capital")
                && (path.preposition().equals("in") || path.preposition().equals("of"))) {
            return RelationshipType.locatedIn(65);
        }
        return RelationshipType.ofNoun(noun, path.preposition());
    }

    private @Nullable RelationshipType typeOfPassive(String past, VerbPath path) {
        if (path.preposition().equals("by") && path.noun() == null) {
            var known = RelationshipType.ofVerb(past, "by");
            if (known != null && !known.name().endsWith("_BY")) {
                return known;
            }
            lastSwapped = true;
            return RelationshipType.ofVerb(past, "");
        }
        if (path.preposition().isEmpty()) {
            // "was awarded the X".
            return past.equals("awarded") || past.equals("given") || past.equals("gave")
                    ? new RelationshipType("RECEIVED", 70)
                    : null;
        }
        return typeOfActive(past, path);
    }

    private @Nullable RelationshipType typeOfActive(String past, VerbPath path) {
        var noun = path.noun();
        if (noun == null) {
            return RelationshipType.ofVerb(past, path.preposition());
        }
        if (path.preposition().isEmpty()) {
            return RelationshipType.ofVerb(past, path.firstPreposition());
        }
        var namesRole =
                path.firstPreposition().isEmpty() || path.firstPreposition().equals("as");
        if (ROLE_VERBS.contains(past) && namesRole) {
            return RelationshipType.ofNoun(noun, path.preposition());
        }
        if (path.firstPreposition().isEmpty()) {
            return RelationshipType.ofPhrase(past, noun, path.preposition());
        }
        var type = RelationshipType.ofVerb(
                past, path.preposition().equals("of") ? path.firstPreposition() : path.preposition());
        return type == null ? null : type.withConfidence(type.confidence() - HEDGE_COST / 2);
    }
}
