package io.millrace.faults;

import io.millrace.faults.KnownDocument.Entity;
import io.millrace.faults.KnownDocument.Relationship;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Documents in the order of a seed: new ones, the same ones again, new versions of earlier ones, versions that were there
 * before, and a few that a processor chokes on. Thread-safe.
 */
final class DocumentGenerator {

    private static final int NAMES = 40;
    private static final List<String> TYPES = List.of("PERSON", "PLACE", "THING");
    private static final List<String> RELATIONSHIP_TYPES = List.of("KNOWS", "OWNS");
    private static final List<String> POISONS = List.of("throws", "overflows", "exhausts");

    private final Random random;
    private final List<List<KnownDocument>> versions = new ArrayList<>();
    private int poisons;

    DocumentGenerator(long seed) {
        this.random = new Random(seed);
    }

    synchronized List<KnownDocument> next(int count) {
        var documents = new ArrayList<KnownDocument>();
        for (var i = 0; i < count; i++) {
            documents.add(next());
        }
        return documents;
    }

    /** One that a processor never ends with; it does not come again by itself. */
    synchronized KnownDocument endless() {
        return document(KnownDocument.ENDLESS + "/" + versions.size(), 0);
    }

    private KnownDocument next() {
        var drawn = random.nextInt(100);
        if (versions.isEmpty() || drawn < 60) {
            return added("document/" + versions.size());
        } else if (drawn < 63) {
            return added(KnownDocument.POISON + POISONS.get(poisons++ % POISONS.size()) + "/" + versions.size());
        }
        var of = versions.get(random.nextInt(versions.size()));
        if (drawn < 80) {
            return of.getLast();
        } else if (drawn < 85) {
            return of.get(random.nextInt(of.size()));
        }
        var version = document(of.getFirst().sourceUri(), of.size());
        of.add(version);
        return version;
    }

    private KnownDocument added(String sourceUri) {
        var document = document(sourceUri, 0);
        versions.add(new ArrayList<>(List.of(document)));
        return document;
    }

    /** One name of its own, and two that it shares with many others, the first ones with most. */
    private KnownDocument document(String sourceUri, int version) {
        var own = "Writer of " + sourceUri.replace('/', ' ');
        var first = shared();
        var second = shared();
        var entities = new ArrayList<Entity>();
        entities.add(new Entity(own, "PERSON"));
        entities.add(new Entity(first, one(TYPES)));
        if (!second.equals(first)) {
            entities.add(new Entity(second, one(TYPES)));
        }
        var relationships = List.of(
                new Relationship(own, "WROTE_ABOUT", first), new Relationship(first, one(RELATIONSHIP_TYPES), second));
        var content = "Version %d of %s, in which %s tells of %s and of %s."
                .formatted(version, sourceUri, own, first, second);
        return new KnownDocument(sourceUri, content, entities, relationships);
    }

    private String shared() {
        var drawn = random.nextDouble();
        return "Name " + (int) (drawn * drawn * drawn * NAMES);
    }

    private String one(List<String> of) {
        return of.get(random.nextInt(of.size()));
    }
}
