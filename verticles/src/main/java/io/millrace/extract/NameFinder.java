package io.millrace.extract;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Finds the runs of proper nouns in a sentence that read like names, longest first.
 *
 * <p>A name has at most {@value #MAX_TOKENS} tokens and {@value #MAX_CHARS} characters: a longer run of capitals is a
 * list or a heading in disguise, and is none. Dates, nationalities ("German", "the Germans") and titles by themselves
 * ("the President") are no names either, since as nodes of a graph they would connect everything with everything.
 */
final class NameFinder {
    static final int MAX_TOKENS = 14;
    static final int MAX_CHARS = 200;

    private static final Set<String> PARTICLES = Set.of(
            "de", "van", "von", "der", "den", "da", "di", "du", "del", "della", "des", "la", "le", "el", "al", "bin",
            "ibn", "y", "e", "zu", "af", "av", "dos", "das", "do", "ter", "ten", "und", "et", "sur", "upon", "d'",
            "'n'");

    /** In English text these lower-case words stand before a name only as a part of it. */
    private static final Set<String> LEADING_PARTICLES =
            Set.of("van", "von", "de", "du", "di", "da", "al", "ibn", "bin", "della", "del");

    private static final Set<String> FUNCTION_TAGS =
            Set.of("DET", "ADP", "PRON", "SCONJ", "CCONJ", "AUX", "PART", "INTJ", "PUNCT", "SYM");

    /** DET, because that is what the tagger makes of an unknown first word before a name ("Acme Robotics"). */
    private static final Set<String> MAY_OPEN_NAME = Set.of("NOUN", "DET", "X");

    private static final Pattern ROMAN = Pattern.compile("[ivx]{1,5}");
    private static final Pattern YEAR = Pattern.compile("1\\d{3}|20\\d{2}");
    private static final Pattern SHORT_NUMBER = Pattern.compile("\\d{1,3}");
    private static final Pattern ADJECTIVE_ENDING =
            Pattern.compile(".{2,}(?:ian|ean|ese|ic|ish|ist|ists|ians|esque|can)");

    private final Lexicon lexicon;

    NameFinder(Lexicon lexicon) {
        this.lexicon = lexicon;
    }

    /** The sentence's names from left to right; they do not overlap. */
    List<NameSpan> find(Sentence sentence) {
        return new Scan(sentence).run();
    }

    /** One pass over one sentence. */
    private final class Scan {
        private final Sentence sentence;
        private final int firstWord;
        private final boolean capitalsMeanLittle;

        Scan(Sentence sentence) {
            this.sentence = sentence;
            this.firstWord = firstWord(sentence);
            this.capitalsMeanLittle = isHeading(sentence);
        }

        List<NameSpan> run() {
            var names = new ArrayList<NameSpan>();
            var i = 0;
            while (i < sentence.size()) {
                var quoteEnd = quotedTitleEnd(i);
                if (quoteEnd > 0) {
                    // A comma belongs to the sentence, although American usage puts it inside of the marks.
                    var to = sentence.word(quoteEnd - 1).equals(",") ? quoteEnd - 1 : quoteEnd;
                    names.add(new NameSpan(sentence, i + 1, to, false, true, Strength.FIRM));
                    i = quoteEnd + 1;
                } else if (startsName(i)) {
                    var end = extend(i);
                    addTrimmed(names, i, end);
                    i = end;
                } else {
                    if (i == firstWord && isGuess(i)) {
                        names.add(new NameSpan(sentence, i, i + 1, false, false, Strength.GUESS));
                    }
                    i++;
                }
            }
            return names;
        }

        /** The tagger often takes a surname at a sentence's beginning for a verb or a common noun. */
        private boolean isGuess(int i) {
            var token = sentence.token(i);
            if (token.isAllCapitals() && token.text().length() > 2) {
                return !lexicon.lists("stop acronym", sentence.word(i));
            }
            return token.isCapitalised()
                    && token.text().length() > 2
                    && token.text().length() <= 30
                    && !FUNCTION_TAGS.contains(sentence.tag(i))
                    && !isStop(i)
                    && !lexicon.lists("calendar", sentence.word(i))
                    && !lexicon.lists("demonym", sentence.word(i))
                    && !lexicon.lists("title", sentence.word(i))
                    && !lexicon.lists("occupation", sentence.word(i))
                    && !isHead(sentence.word(i));
        }

        /** A word such as "it" or "who"; but IT and WHO, shouted where nothing else is, are names. */
        private boolean isStop(int i) {
            var word = sentence.word(i);
            return lexicon.lists("stop acronym", word)
                    || (lexicon.lists("stop", word)
                            && (capitalsMeanLittle || !sentence.token(i).isAllCapitals()));
        }

        private boolean startsName(int i) {
            return isNameWord(i)
                    || (sentence.word(i).equals("the")
                            && sentence.token(i).isCapitalised()
                            && lexicon.lists("article name", join(i, i + 2))
                            && sentence.token(i + 1).isCapitalised())
                    || (LEADING_PARTICLES.contains(sentence.word(i))
                            && !sentence.token(i).isCapitalised()
                            && i > firstWord
                            && isNameWord(i + 1)
                            && !lexicon.lists("place", sentence.word(i + 1)));
        }

        private boolean isNameWord(int i) {
            if (i >= sentence.size()) {
                return false;
            }
            var token = sentence.token(i);
            var word = sentence.word(i);
            var tag = sentence.tag(i);
            if (!token.isCapitalised()
                    && !("PROPN".equals(tag) && token.hasCapitalInside())
                    && !(isMixed(token) && i != firstWord)) {
                return false;
            }
            if (lexicon.lists("calendar", word) || token.text().length() > 60) {
                return false;
            }
            if ("PROPN".equals(tag)) {
                return !(i == firstWord && isStop(i) && !isPlainNameWord(i + 1));
            }
            if (capitalsMeanLittle || isFunctionWord(i)) {
                return (lexicon.lists("place", word) && !isStop(i)) || isAcronymInParentheses(i);
            }
            return i == firstWord ? opensName(i) : !word.equals("i");
        }

        /** The tagger takes many a rare name for a pronoun or an article ("Mount Everest"), but those are few and known. */
        private boolean isFunctionWord(int i) {
            return FUNCTION_TAGS.contains(sentence.tag(i))
                    && ((i == firstWord && !sentence.tag(i).equals("DET"))
                            || sentence.token(i).text().length() < 4
                            || isStop(i));
        }

        private boolean isAcronymInParentheses(int i) {
            return sentence.token(i).isAllCapitals()
                    && sentence.word(i - 1).equals("(")
                    && sentence.word(i + 1).equals(")")
                    && !lexicon.lists("stop acronym", sentence.word(i));
        }

        /** Letters and a capital inside, as in iPhone; no URL or e-mail address. */
        private boolean isMixed(Token token) {
            return token.hasCapitalInside()
                    && Character.isLowerCase(token.text().charAt(0))
                    && token.text().length() <= 20
                    && token.text().chars().allMatch(Character::isLetterOrDigit);
        }

        private boolean isPlainNameWord(int i) {
            return i < sentence.size()
                    && sentence.token(i).isCapitalised()
                    && "PROPN".equals(sentence.tag(i))
                    && !lexicon.lists("calendar", sentence.word(i));
        }

        /** At a sentence's beginning any word has a capital, so what is no proper noun needs a reason to open a name. */
        private boolean opensName(int i) {
            var word = sentence.word(i);
            if (isStop(i)) {
                return false;
            }
            if (lexicon.lists("place", word) || lexicon.lists("given", word) || lexicon.lists("organization", word)) {
                return true;
            }
            var nextIsName = i + 1 < sentence.size()
                    && sentence.token(i + 1).isCapitalised()
                    && !isFunctionWord(i + 1)
                    && !lexicon.lists("calendar", sentence.word(i + 1));
            if (nextIsName) {
                return lexicon.lists("name adjective", word)
                        || lexicon.lists("demonym", word)
                        || lexicon.lists("location front", word)
                        || (MAY_OPEN_NAME.contains(sentence.tag(i)) && !lexicon.lists("occupation", word));
            }
            return sentence.word(i + 1).equals("of")
                    && isHead(word)
                    && sentence.size() > i + 2
                    && (sentence.token(i + 2).isCapitalised()
                            || sentence.word(i + 2).equals("the"));
        }

        private int extend(int start) {
            var end = start + 1;
            while (true) {
                var next = joined(start, end);
                if (next < 0) {
                    return withLowerCaseEvent(start, end);
                }
                end = next;
            }
        }

        /** "1997 Canadian federal election": what a year makes unique is a name although it ends in common words. */
        private int withLowerCaseEvent(int start, int end) {
            if (start == 0 || !YEAR.matcher(sentence.word(start - 1)).matches()) {
                return end;
            }
            for (var i = end;
                    i < end + 4
                            && (sentence.tag(i).equals("ADJ") || sentence.tag(i).equals("NOUN"));
                    i++) {
                if (lexicon.lists("event noun", sentence.word(i))) {
                    return i + 1;
                }
            }
            return end;
        }

        /** Behind what joins the run that ends here, or -1. */
        private int joined(int start, int end) {
            if (isNameWord(end) && !breaksBetween(end)) {
                return end + 1;
            }
            var word = sentence.word(end);
            var last = sentence.word(end - 1);
            return switch (word) {
                case "of" -> joinsWithOf(start, end) ? behindOf(end) : -1;
                case "for" -> isNameWord(end + 1) && takesFor(last) ? end + 2 : -1;
                case "in" ->
                    takesFor(last) && lexicon.lists("subject", sentence.word(end + 1)) && isNameWord(end + 1)
                            ? end + 2
                            : -1;
                case "&" -> isNameWord(end + 1) ? end + 2 : -1;
                case "and" -> isNameWord(end + 1) && joinsWithAnd(start, end) ? end + 2 : -1;
                case "," -> isNameWord(end + 1) && joinsWithComma(end) ? end + 2 : -1;
                case "'s" -> isNameWord(end + 1) && keepsPossessive(start, end) ? end + 2 : -1;
                case "–", "-" -> isNameWord(end + 1) && isTight(end) ? end + 2 : -1;
                default -> PARTICLES.contains(word) ? behindParticles(end) : behindNumber(start, end);
            };
        }

        /** "Acme Inc. Nimbus": a legal form ends its name. */
        private boolean breaksBetween(int i) {
            var previous = sentence.word(i - 1);
            return lexicon.lists("legal form", previous) && previous.endsWith(".") && !isLegalForm(i);
        }

        private boolean isLegalForm(int i) {
            return lexicon.lists("legal form", sentence.word(i));
        }

        private boolean joinsWithOf(int start, int end) {
            var last = sentence.word(end - 1);
            if (lexicon.lists("nobility", last)) {
                return true;
            }
            return !lexicon.lists("title", last)
                    && !lexicon.lists("regnal", last)
                    && !lexicon.lists("occupation", last)
                    && !lexicon.lists("place", last)
                    && !lexicon.lists("given", sentence.word(start))
                    && !lexicon.lists("legal form", last)
                    && !(sentence.token(end - 1).isAllCapitals() && end - start == 1);
        }

        private boolean takesFor(String last) {
            return isOrganizationHead(last) || last.startsWith("award") || last.equals("prize") || last.equals("medal");
        }

        private int behindOf(int end) {
            if (isNameWord(end + 1)) {
                return end + 2;
            }
            return sentence.word(end + 1).equals("the") && isNameWord(end + 2) && isHead(sentence.word(end - 1))
                    ? end + 3
                    : -1;
        }

        /** Department of Health and Human Services; Johnson and Sons. */
        private boolean joinsWithAnd(int start, int end) {
            if (isLegalForm(end + 1)) {
                return true;
            }
            if (lexicon.lists("place", sentence.word(start) + " and " + sentence.word(end + 1))) {
                return true;
            }
            for (var i = start + 1; i < end; i++) {
                if ((sentence.word(i).equals("of") || sentence.word(i).equals("for"))
                        && isOrganizationHead(sentence.word(i - 1))
                        && !lexicon.lists("place", sentence.word(i + 1))
                        && !isOrganizationHead(sentence.word(end + 1))) {
                    return !sentence.tag(end + 2).equals("VERB")
                            && !sentence.tag(end + 2).equals("AUX");
                }
            }
            return false;
        }

        /** "Apple, Inc."; "Washington, D.C.". */
        private boolean joinsWithComma(int end) {
            return isLegalForm(end + 1)
                    || (sentence.word(end - 1).equals("washington")
                            && sentence.word(end + 1).equals("d.c."));
        }

        private boolean keepsPossessive(int start, int end) {
            var saint =
                    sentence.word(start).equals("st.") || sentence.word(start).equals("saint");
            return saint
                    || (lexicon.lists("possessive head", sentence.word(end + 1))
                            && (lexicon.lists("possessive name", sentence.word(end - 1))
                                    || (end - start == 1
                                            && !lexicon.lists("place", sentence.word(start))
                                            && !isOrganizationHead(sentence.word(end + 1)))));
        }

        private boolean isTight(int end) {
            return sentence.token(end - 1).end() == sentence.token(end).start()
                    && sentence.token(end).end() == sentence.token(end + 1).start();
        }

        private int behindParticles(int end) {
            var next = end;
            while (next < end + 2 && PARTICLES.contains(sentence.word(next))) {
                next++;
            }
            return isNameWord(next) ? next + 1 : -1;
        }

        /** Apollo 11, but not "paid Apple 11 dollars". */
        private int behindNumber(int start, int end) {
            var isNumber = SHORT_NUMBER.matcher(sentence.word(end)).matches()
                    && !SHORT_NUMBER.matcher(sentence.word(end - 1)).matches();
            var after = sentence.tag(end + 1);
            return isNumber
                            && !lexicon.lists("title", sentence.word(start))
                            && !after.equals("NOUN")
                            && !after.equals("ADJ")
                            && !after.equals("SYM")
                            && !after.equals("NUM")
                            && !lexicon.lists("calendar", sentence.word(end + 1))
                    ? end + 1
                    : -1;
        }

        private void addTrimmed(List<NameSpan> names, int start, int end) {
            var from = start;
            var titled = false;
            var trimming = true;
            while (trimming && from < end) {
                var width = leadingNonName(from, end);
                if (width > 0) {
                    titled |= isTitle(from, width) || lexicon.lists("regnal", sentence.word(from));
                    from += width;
                } else {
                    trimming = false;
                }
            }
            if (from < end) {
                from = withYear(from, end);
                addIfName(names, from, end, titled);
            }
        }

        /** How many tokens at the front belong before the name rather than to it: titles, nationalities, articles. */
        private int leadingNonName(int from, int end) {
            if (lexicon.lists("article name", join(from, end))) {
                return 0;
            }
            if (isHead(sentence.word(end - 1))
                    && end - from > 1
                    && !sentence.word(from).equals("the")) {
                // General Motors, Kaiser Wilhelm Institute.
                return 0;
            }
            if (isTitle(from, 2)) {
                return 2;
            }
            var word = sentence.word(from);
            if (isTitle(from, 1)) {
                var beforeOf = sentence.word(from + 1).equals("of");
                return beforeOf && from + 1 < end ? 0 : 1;
            }
            var rest = end - from - 1;
            if (lexicon.lists("regnal", word)) {
                var onlyGiven = rest == 1
                        || (rest == 2 && ROMAN.matcher(sentence.word(end - 1)).matches());
                var saint = word.startsWith("s");
                return onlyGiven
                                || saint
                                || sentence.word(from + 1).equals("of")
                                || lexicon.lists("possessive name", word)
                                || rest == 0
                        ? 0
                        : 1;
            }
            if (word.equals("the") || word.equals("a") || word.equals("an")) {
                return 1;
            }
            if (lexicon.lists("demonym", word) && rest > 0 && startsPerson(from + 1)) {
                return 1;
            }
            return lexicon.lists("occupation", word)
                            && rest > 0
                            && !lexicon.lists("nobility", word)
                            && !sentence.word(from + 1).equals("of")
                    ? 1
                    : 0;
        }

        private boolean isTitle(int from, int width) {
            return from + width <= sentence.size() && lexicon.lists("title", join(from, from + width));
        }

        private boolean startsPerson(int i) {
            return lexicon.lists("given", sentence.word(i))
                    || isTitle(i, 1)
                    || isTitle(i, 2)
                    || lexicon.lists("regnal", sentence.word(i))
                    || lexicon.lists("occupation", sentence.word(i));
        }

        /** The 1994 World Cup is an event of its own. */
        private int withYear(int from, int end) {
            if (from == 0 || !YEAR.matcher(sentence.word(from - 1)).matches()) {
                return from;
            }
            for (var i = from; i < end; i++) {
                if (lexicon.lists("event head", sentence.word(i)) || lexicon.lists("event noun", sentence.word(i))) {
                    return from - 1;
                }
            }
            return from;
        }

        private void addIfName(List<NameSpan> names, int from, int end, boolean titled) {
            var chars = sentence.token(end - 1).end() - sentence.token(from).start();
            if (end - from > MAX_TOKENS || chars > MAX_CHARS) {
                return;
            }
            if (end - from == 1 && !standsAlone(from, titled)) {
                return;
            }
            if (isOnlyCommonWords(from, end)) {
                return;
            }
            names.add(new NameSpan(sentence, from, end, titled, false, strength(from, end, titled)));
        }

        private boolean standsAlone(int i, boolean titled) {
            var word = sentence.word(i);
            var tag = sentence.tag(i);
            if ((titled && "PROPN".equals(tag)) || isAcronymInParentheses(i)) {
                return true;
            }
            if (lexicon.lists("place", word) || lexicon.lists("organization", word)) {
                return true;
            }
            if (word.length() < 2
                    || (word.length() == 2 && word.endsWith("."))
                    || isStop(i)
                    || lexicon.lists("subject", word)
                    || lexicon.lists("demonym", word)
                    || lexicon.lists("title", word)
                    || lexicon.lists("regnal", word)
                    || isHead(word)
                    || lexicon.lists("occupation", word)
                    || ROMAN.matcher(word).matches()) {
                return false;
            }
            return switch (tag) {
                case "PROPN", "X" -> true;
                case "NOUN" -> !ADJECTIVE_ENDING.matcher(word).matches();
                default ->
                    sentence.token(i).isAllCapitals() || isMixed(sentence.token(i)) || lexicon.lists("given", word);
            };
        }

        /** "Chapter 3", "Table II": capitals of habit. */
        private boolean isOnlyCommonWords(int from, int end) {
            for (var i = from; i < end; i++) {
                var word = sentence.word(i);
                if (!isStop(i)
                        && !sentence.token(i).startsWithDigit()
                        && !(i > from && ROMAN.matcher(word).matches())
                        && !lexicon.lists("demonym", word)) {
                    return false;
                }
            }
            return end - from > 1
                    || !(lexicon.lists("place", sentence.word(from))
                            || lexicon.lists("organization", sentence.word(from)));
        }

        private Strength strength(int from, int end, boolean titled) {
            var name = join(from, end);
            if (titled || lexicon.lists("place", name) || lexicon.lists("organization", name)) {
                return Strength.FIRM;
            }
            var isAlone = end - from == 1
                    && from == firstWord
                    && !sentence.token(from).isAllCapitals();
            return capitalsMeanLittle || isAlone ? Strength.WEAK : Strength.FIRM;
        }

        /** Index of the closing quotation mark when a title of a work opens here, or 0. */
        private int quotedTitleEnd(int i) {
            if (!isOpeningQuote(i) || !isCapitalisedWord(i + 1)) {
                return 0;
            }
            var longWords = 0;
            var capitals = 0;
            for (var end = i + 1; end < sentence.size() && end <= i + 1 + MAX_TOKENS; end++) {
                if (isClosingQuote(end)) {
                    var isNickname = i > 0 && isNameWord(i - 1) && isNameWord(end + 1);
                    var chars = sentence.token(end - 1).end()
                            - sentence.token(i + 1).start();
                    return longWords > 0 && capitals * 10 >= longWords * 7 && !isNickname && chars <= MAX_CHARS
                            ? end
                            : 0;
                }
                if (sentence.word(end).length() > 3) {
                    longWords++;
                    capitals += sentence.token(end).isCapitalised() ? 1 : 0;
                }
            }
            return 0;
        }

        private boolean isOpeningQuote(int i) {
            return switch (sentence.word(i)) {
                case "\"", "“", "«", "‘", "„" -> true;
                default -> false;
            };
        }

        private boolean isClosingQuote(int i) {
            return switch (sentence.word(i)) {
                case "\"", "”", "»", "’", "'", "“" -> true;
                default -> false;
            };
        }

        private boolean isCapitalisedWord(int i) {
            return i < sentence.size() && sentence.token(i).isCapitalised();
        }

        private String join(int from, int to) {
            return String.join(" ", sentence.words().subList(from, Math.min(to, sentence.size())));
        }
    }

    private boolean isHead(String word) {
        return isOrganizationHead(word)
                || lexicon.lists("location head", word)
                || lexicon.lists("event head", word)
                || lexicon.lists("misc head", word)
                || lexicon.lists("work head", word);
    }

    private boolean isOrganizationHead(String word) {
        return lexicon.lists("organization head", word);
    }

    private static int firstWord(Sentence sentence) {
        for (var i = 0; i < sentence.size(); i++) {
            if (Character.isLetter(sentence.token(i).text().codePointAt(0))) {
                return i;
            }
        }
        return -1;
    }

    /** Words with capitals throughout and no full stop: a heading, in which capitals tell nothing. */
    private static boolean isHeading(Sentence sentence) {
        var words = 0;
        var capitals = 0;
        var shouting = 0;
        for (var token : sentence.tokens()) {
            if (Character.isLetter(token.text().codePointAt(0)) && token.text().length() > 3) {
                words++;
                capitals += token.isCapitalised() ? 1 : 0;
                shouting += token.isAllCapitals() ? 1 : 0;
            }
        }
        var last = sentence.word(sentence.size() - 1);
        var ended = last.equals(".") || last.equals("!") || last.equals("?") || last.equals("\"");
        return words >= 3 && (shouting * 10 >= words * 7 || (!ended && capitals * 10 >= words * 8));
    }
}
