package io.millrace.extract;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import opennlp.tools.util.Version;
import org.jspecify.annotations.Nullable;

/**
 * The offline extractor: OpenNLP's sentence and part-of-speech models, and rules on top of them. Runs of proper nouns are
 * entities, with a type from the evidence of their own words and their neighbours ({@link TypeEvidence}); verbs and
 * appositions between them are relationships ({@link RelationshipFinder}).
 *
 * <p>Confidences say how much evidence there was and are never above 90: nothing here was trained on how often it is
 * right. English only; in other languages it finds little.
 *
 * <p>Safe for several threads. The models (half a second to load, 18 MB of heap) are loaded once, by the first call. One
 * core reads some 60,000 tokens a second, three quarters of which goes to the tagger.
 */
public final class LocalExtractor implements Extractor {
    /** Raise with every change of what an unchanged text gives: cached answers of an older version stay what they are. */
    static final int VERSION = 2;

    private final String configuration;
    private final NameFinder nameFinder;
    private final NameLinker nameLinker;
    private final RelationshipFinder relationshipFinder;

    public LocalExtractor() {
        var lexicon = Lexicon.load();
        configuration = "local-" + VERSION + ";lexicon=" + lexicon.fingerprint() + ";opennlp="
                + Version.currentVersion() + ";models=" + SentenceTagger.MODELS;
        nameFinder = new NameFinder(lexicon);
        nameLinker = new NameLinker(lexicon);
        relationshipFinder = new RelationshipFinder(lexicon);
    }

    @Override
    public String configuration() {
        return configuration;
    }

    @Override
    public List<Extraction> extract(List<Passage> passages) {
        return passages.stream().map(this::extract).toList();
    }

    private Extraction extract(Passage passage) {
        var sentences = Models.TAGGER.read(passage.text());
        var names = new ArrayList<NameSpan>();
        for (var sentence : sentences) {
            names.addAll(nameFinder.find(sentence));
        }
        var linked = nameLinker.link(names, passage);
        return new Extraction(
                linked.stream().map(LinkedName::toMention).toList(),
                relationships(passage.text(), sentences, bySentence(linked)));
    }

    private static Map<Sentence, List<LinkedName>> bySentence(List<LinkedName> names) {
        var bySentence = new HashMap<Sentence, List<LinkedName>>();
        for (var name : names) {
            bySentence
                    .computeIfAbsent(name.span().sentence(), ignored -> new ArrayList<>())
                    .add(name);
        }
        return bySentence;
    }

    private List<RelationshipMention> relationships(
            String text, List<Sentence> sentences, Map<Sentence, List<LinkedName>> names) {
        var found = new ArrayList<RelationshipMention>();
        @Nullable LinkedName person = null;
        for (var sentence : sentences) {
            var here = names.getOrDefault(sentence, List.of());
            var spokenOf = beginsWithPersonalPronoun(sentence) ? person : null;
            found.addAll(relationshipFinder.find(text, sentence, here, spokenOf));
            person = personIn(here, spokenOf);
        }
        return found;
    }

    private static boolean beginsWithPersonalPronoun(Sentence sentence) {
        return sentence.word(0).equals("he") || sentence.word(0).equals("she");
    }

    /** Whom "he" or "she" means in the next sentence: whom this one begins with, or the only person in it. */
    private static @Nullable LinkedName personIn(List<LinkedName> names, @Nullable LinkedName spokenOf) {
        if (spokenOf != null) {
            return spokenOf;
        }
        var people =
                names.stream().filter(name -> name.type() == EntityType.PERSON).toList();
        if (people.isEmpty()) {
            return null;
        }
        var first = people.getFirst();
        var isOnly = people.stream().allMatch(name -> name.entity().equals(first.entity()));
        return isOnly || first.equals(names.getFirst()) ? first : null;
    }

    /** Loads the models when they are first needed, once in a process. */
    private static final class Models {
        static final SentenceTagger TAGGER = new SentenceTagger();
    }
}
