package io.millrace.extract;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Joins the names of one passage that stand for the same entity, and decides on the entity's name and type.
 *
 * <p>Longest name first; a lone surname or given name joins the one person that has it; the short form of an
 * organization joins its full name; an acronym joins its expansion. Where two could be meant a name stays by itself: a
 * wrong join spoils two entities, a missed one costs a synonym. The type is the one with most evidence over all mentions.
 */
final class NameLinker {
    private static final int MIN_IMPLICIT_ACRONYM = 3;

    private static final Pattern NO_WORD = Pattern.compile("[^\\p{L}\\p{N}]+");

    private static final Set<String> SKIPPED_IN_ACRONYMS = Set.of("of", "the", "and", "for", "&", "de", "in", "on");

    private final Lexicon lexicon;

    NameLinker(Lexicon lexicon) {
        this.lexicon = lexicon;
    }

    List<LinkedName> link(List<NameSpan> names, Passage passage) {
        return new Linking(names, passage).run();
    }

    /** All names of one spelling, case aside. */
    private static final class Group {
        final String name;
        final List<String> words;
        final TypeEvidence evidence = new TypeEvidence();
        final List<NameSpan> mentions = new ArrayList<>();

        Group(String name, List<String> words) {
            this.name = name;
            this.words = words;
        }

        EntityType type() {
            return evidence.type();
        }
    }

    private final class Linking {
        private final List<NameSpan> names;
        private final Passage passage;
        private final String foldedTitle;
        private final Map<String, Group> groups = new LinkedHashMap<>();
        private final Map<NameSpan, TypeEvidence> evidence = new HashMap<>();
        private final Map<Group, Group> joined = new HashMap<>();

        Linking(List<NameSpan> names, Passage passage) {
            this.names = names;
            this.passage = passage;
            foldedTitle = fold(passage.title() == null ? "" : passage.title());
        }

        List<LinkedName> run() {
            group();
            dropUnsupported();
            joinAcronymsInParentheses();
            joinShortForms();
            return linked();
        }

        private void group() {
            for (var name : names) {
                var found = TypeEvidence.of(name, passage.text(), lexicon);
                var group = groups.computeIfAbsent(
                        fold(name.surface(passage.text())),
                        ignored -> new Group(name.surface(passage.text()), name.words()));
                group.mentions.add(name);
                group.evidence.add(found);
                evidence.put(name, found);
            }
        }

        /** Capitals of a sentence's beginning or a heading count only for what is a name elsewhere, or is listed. */
        private void dropUnsupported() {
            var nameWords = new HashSet<String>();
            for (var group : groups.values()) {
                if (group.mentions.stream().anyMatch(NameSpan::isFirm)) {
                    nameWords.addAll(group.words);
                }
            }
            var titleWords = NO_WORD.splitAsStream(foldedTitle).collect(Collectors.toSet());
            groups.values()
                    .removeIf(group -> group.mentions.stream().noneMatch(NameSpan::isFirm)
                            && !isSupported(group, nameWords, titleWords));
        }

        private boolean isSupported(Group group, Set<String> nameWords, Set<String> titleWords) {
            if (nameWords.containsAll(group.words)) {
                return true;
            }
            if (group.mentions.stream().allMatch(mention -> mention.strength() == Strength.GUESS)) {
                return false;
            }
            return titleWords.containsAll(group.words)
                    || lexicon.lists("given", group.words.getFirst())
                    || (group.type() != EntityType.MISC && group.evidence.margin() >= 2)
                    || group.mentions.size() > 2;
        }

        private void joinAcronymsInParentheses() {
            for (var i = 1; i < names.size(); i++) {
                var full = names.get(i - 1);
                var acronym = names.get(i);
                if (full.sentence() == acronym.sentence()
                        && acronym.from() == full.to() + 1
                        && acronym.sentence().word(full.to()).equals("(")
                        && acronym.sentence().word(acronym.to()).equals(")")) {
                    joinIfInitials(groupOf(full), groupOf(acronym));
                }
            }
        }

        private @Nullable Group groupOf(NameSpan name) {
            return groups.get(fold(name.surface(passage.text())));
        }

        private void joinIfInitials(@Nullable Group one, @Nullable Group other) {
            if (one == null || other == null) {
                return;
            }
            if (isAcronymOf(other, one)) {
                join(other, one);
            } else if (isAcronymOf(one, other)) {
                join(one, other);
            }
        }

        private void join(Group shorter, Group longer) {
            if (shorter != longer && !joined.containsKey(longer)) {
                joined.putIfAbsent(shorter, longer);
            }
        }

        private void joinShortForms() {
            var byLength = groups.values().stream()
                    .sorted(Comparator.comparingInt((Group group) -> -group.words.size()))
                    .toList();
            var candidates = index(byLength);
            for (var shorter : byLength) {
                if (joined.containsKey(shorter)) {
                    continue;
                }
                var longer = theOne(candidates.getOrDefault(keyOf(shorter), Set.of()), shorter);
                if (longer != null) {
                    join(shorter, longer);
                }
            }
        }

        /** Groups by each of their words and by their initials, so that joining does not compare all with all. */
        private Map<String, Set<Group>> index(List<Group> longest) {
            var index = new HashMap<String, Set<Group>>();
            for (var group : longest) {
                if (group.words.size() > 1) {
                    for (var word : group.words) {
                        index.computeIfAbsent(word, ignored -> new LinkedHashSet<>())
                                .add(group);
                    }
                    index.computeIfAbsent(initials(group), ignored -> new LinkedHashSet<>())
                            .add(group);
                }
            }
            return index;
        }

        private static String keyOf(Group group) {
            return group.words.getFirst();
        }

        private @Nullable Group theOne(Set<Group> candidates, Group shorter) {
            @Nullable Group found = null;
            for (var longer : candidates) {
                if (longer != shorter && !joined.containsKey(longer) && isShortFormOf(shorter, longer)) {
                    if (found != null) {
                        return theOneInTitle(candidates, shorter);
                    }
                    found = longer;
                }
            }
            return found;
        }

        /** Of two who share a surname, the one whom the document is about. */
        private @Nullable Group theOneInTitle(Set<Group> candidates, Group shorter) {
            var inTitle = candidates.stream()
                    .filter(longer -> isShortFormOf(shorter, longer) && foldedTitle.contains(fold(longer.name)))
                    .toList();
            return inTitle.size() == 1 ? inTitle.getFirst() : null;
        }

        private boolean isShortFormOf(Group shorter, Group longer) {
            if (shorter.words.size() >= longer.words.size()) {
                return false;
            }
            return switch (longer.type()) {
                case PERSON -> isPartOfPersonName(shorter, longer);
                case ORGANIZATION -> isShortOrganization(shorter, longer) || isImplicitAcronym(shorter, longer);
                case LOCATION, EVENT, WORK, MISC -> isImplicitAcronym(shorter, longer);
            };
        }

        private boolean isPartOfPersonName(Group shorter, Group longer) {
            var ownType = shorter.type();
            if (ownType != EntityType.PERSON && ownType != EntityType.MISC && shorter.evidence.margin() > 1) {
                return false;
            }
            if (longer.words.contains("of")) {
                return false;
            }
            if (shorter.words.size() == 1) {
                var word = shorter.words.getFirst();
                return word.equals(longer.words.getLast()) || word.equals(longer.words.getFirst());
            }
            return shorter.words.getFirst().equals(longer.words.getFirst())
                    && shorter.words.getLast().equals(longer.words.getLast());
        }

        /** Apple and Apple Inc., Harvard and Harvard University; but Boston is not Boston University. */
        private boolean isShortOrganization(Group shorter, Group longer) {
            var size = shorter.words.size();
            if (shorter.type() == EntityType.PERSON
                    || lexicon.lists("place", String.join(" ", shorter.words))
                    || !longer.words.subList(0, size).equals(shorter.words)) {
                return false;
            }
            return lexicon.lists("legal form", longer.words.getLast())
                    || longer.words.subList(size, longer.words.size()).equals(List.of("university"));
        }

        private boolean isImplicitAcronym(Group shorter, Group longer) {
            return shorter.name.length() >= MIN_IMPLICIT_ACRONYM && isAcronymOf(shorter, longer);
        }

        private boolean isAcronymOf(Group shorter, Group longer) {
            return shorter.words.size() == 1
                    && longer.words.size() > 1
                    && shorter.mentions.getFirst().tokens().getFirst().isAllCapitals()
                    && shorter.words.getFirst().replace(".", "").equals(initials(longer));
        }

        private static String initials(Group group) {
            var initials = new StringBuilder();
            for (var word : group.words) {
                if (!SKIPPED_IN_ACRONYMS.contains(word) && Character.isLetter(word.codePointAt(0))) {
                    for (var part : word.split("-")) {
                        initials.append(part.isEmpty() ? "" : Character.toString(part.codePointAt(0)));
                    }
                }
            }
            return initials.toString();
        }

        private List<LinkedName> linked() {
            for (var shorter : joined.keySet()) {
                entityOf(shorter).evidence.add(shorter.evidence);
            }
            var mentionCounts = new HashMap<Group, Integer>();
            for (var group : groups.values()) {
                mentionCounts.merge(entityOf(group), group.mentions.size(), Integer::sum);
            }
            var linked = new ArrayList<LinkedName>();
            for (var name : names) {
                var group = groupOf(name);
                if (group != null) {
                    var entity = entityOf(group);
                    linked.add(linked(name, entity, mentionCounts.getOrDefault(entity, 1)));
                }
            }
            return linked;
        }

        private Group entityOf(Group group) {
            // Each step leads to a name of more words, so this ends.
            var entity = group;
            for (var longer = joined.get(entity); longer != null; longer = joined.get(entity)) {
                entity = longer;
            }
            return entity;
        }

        private LinkedName linked(NameSpan name, Group entity, int mentions) {
            return new LinkedName(name, entity.name, entity.type(), describe(name), confidence(name, entity, mentions));
        }

        private @Nullable String describe(NameSpan name) {
            var found = evidence.get(name);
            var phrase = found == null ? null : found.said();
            if (phrase == null) {
                return null;
            }
            var sentence = name.sentence();
            var start = sentence.token(phrase.from()).start();
            var end = sentence.token(behindPrepositions(sentence, phrase.to()) - 1)
                    .end();
            return Clip.oneLine(passage.text().substring(start, end));
        }

        /** "the daughter" says little, "the daughter of Lord Byron" much. */
        private static int behindPrepositions(Sentence sentence, int from) {
            var to = from;
            while (to < from + 10 && (to > from || sentence.tag(to).equals("ADP")) && goesOn(sentence.tag(to))) {
                to++;
            }
            while (to > from
                    && (sentence.tag(to - 1).equals("ADP")
                            || sentence.tag(to - 1).equals("DET"))) {
                to--;
            }
            return to;
        }

        private static boolean goesOn(String tag) {
            return switch (tag) {
                case "ADP", "DET", "ADJ", "NOUN", "PROPN", "NUM" -> true;
                default -> false;
            };
        }

        /** 35 to 90: how far the words look like a name at all, how clear the type is, and how often it comes. */
        private double confidence(NameSpan name, Group entity, int mentions) {
            var confidence = 45;
            confidence += name.tokenCount() > 1 ? 10 : 0;
            confidence += entity.type() == EntityType.MISC ? 0 : 4 * Math.min(5, entity.evidence.margin());
            confidence += Math.min(3, mentions - 1) * 5;
            confidence -= name.isFirm() ? 0 : 10;
            return Math.clamp(confidence, 35, 90);
        }
    }

    /** The extractor's own folding within a passage; the graph has its own, with a version. */
    private static String fold(String name) {
        return Normalizer.normalize(name, Normalizer.Form.NFKC)
                .toUpperCase(Locale.ROOT)
                .toLowerCase(Locale.ROOT)
                .replace('’', '\'');
    }
}
