package io.millrace.flow;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Generated documents that disagree with each other: the same few names in different spellings, types and descriptions,
 * relationships told again and again, some of them in several chunks and some without a supplied extraction. The same seed
 * gives the same documents.
 */
final class Corpus {

    private static final List<String> NAMES = List.of(
            "Ada Lovelace",
            "Charles Babbage",
            "Marie Curie",
            "Grace Hopper",
            "Alan Turing",
            "Emmy Noether",
            "Niels Bohr",
            "Lise Meitner",
            "University of Paris",
            "Royal Society",
            "Analytical Engine",
            "Warsaw",
            "Göttingen",
            "Straße der Physik");
    private static final List<String> TYPES = List.of("PERSON", "ORGANIZATION", "PLACE", "PRODUCT");
    private static final List<String> DESCRIPTIONS = List.of("a pioneer", "A pioneer", "named in a letter", "Ärztin");
    private static final List<String> RELATIONSHIPS = List.of("WORKED_AT", "WROTE_TO", "BORN_IN");
    private static final List<String> VERBS = List.of("worked at", "wrote to", "visited", "founded");

    private final Random random;

    private Corpus(long seed) {
        this.random = new Random(seed);
    }

    static List<JsonObject> documents(long seed, int count) {
        var corpus = new Corpus(seed);
        var documents = new ArrayList<JsonObject>();
        for (var i = 0; i < count; i++) {
            documents.add(corpus.document("https://example.org/" + i));
        }
        return documents;
    }

    private JsonObject document(String sourceUri) {
        var text = text(1 + (chance(4) ? random.nextInt(12) : random.nextInt(3)));
        var document = Posts.document(sourceUri, text).put("content_type", chance(3) ? "text/markdown" : "text/plain");
        return chance(5) ? document : withExtraction(document, text);
    }

    /** Paragraphs that name somebody in each sentence. */
    private String text(int paragraphs) {
        var text = new ArrayList<String>();
        for (var i = 0; i < paragraphs; i++) {
            var sentences = new ArrayList<String>();
            for (var j = 0; j <= random.nextInt(4); j++) {
                sentences.add(
                        "%s %s %s in %d.".formatted(one(NAMES), one(VERBS), one(NAMES), 1800 + random.nextInt(150)));
            }
            text.add(String.join(" ", sentences));
        }
        return String.join("\n\n", text);
    }

    private JsonObject withExtraction(JsonObject document, String text) {
        var entities = new ArrayList<JsonObject>();
        for (var i = 0; i < random.nextInt(8); i++) {
            var entity = Posts.entity(spelt(one(NAMES)), one(TYPES));
            entities.add(described(entity));
        }
        var relationships = new ArrayList<JsonObject>();
        for (var i = 0; i < random.nextInt(6); i++) {
            relationships.add(described(Posts.relationship(spelt(one(NAMES)), one(RELATIONSHIPS), spelt(one(NAMES)))));
        }
        return Posts.document(document.getString("source_uri"), text, entities, relationships)
                .put("content_type", document.getString("content_type"));
    }

    private JsonObject described(JsonObject told) {
        if (chance(2)) {
            told.put("description", one(DESCRIPTIONS));
        }
        if (chance(2)) {
            told.put("confidence", random.nextInt(1_001) / 10.0);
        }
        return told;
    }

    private String spelt(String name) {
        return switch (random.nextInt(6)) {
            case 0 -> name.toUpperCase(Locale.ROOT);
            case 1 -> name.toLowerCase(Locale.ROOT);
            case 2 -> name.replace(" ", "  ");
            default -> name;
        };
    }

    private <T> T one(List<T> of) {
        // Squared, so that the first ones come often, and the last ones seldom.
        var drawn = random.nextDouble();
        return of.get((int) (drawn * drawn * of.size()));
    }

    private boolean chance(int oneIn) {
        return random.nextInt(oneIn) == 0;
    }
}
