package io.millrace.faults;

import io.millrace.faults.KnownDocument.Body;
import io.millrace.faults.KnownDocument.Entity;
import io.millrace.faults.KnownDocument.Relationship;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * All documents that a seed can ask for. Each is made from its number and version alone, so that nobody has to keep any,
 * however many millions are posted.
 *
 * @param poisonsInMillion how many of a million sources are such that {@link LedgerPlugin} chokes on them
 */
record Corpus(long seed, int poisonsInMillion) {

    /** One source in twenty, so that a seed of seconds has some of each kind. */
    static final int POISONS_OF_A_SEED = 48_000;

    /** Number of the one source on which a processor never ends; the others count from 0. */
    static final int ENDLESS = -1;

    private static final int MILLION = 1_000_000;
    private static final int NAMES = 40;
    private static final List<String> TYPES = List.of("PERSON", "PLACE", "THING");
    private static final List<String> RELATIONSHIP_TYPES = List.of("KNOWS", "OWNS");
    private static final List<String> POISONS = List.of("throws", "overflows", "exhausts");

    private SplittableRandom random(int number, int version) {
        return new SplittableRandom((seed * 1_000_003 + number) * 1_000_003 + version);
    }

    String sourceUri(int number) {
        if (number == ENDLESS) {
            return KnownDocument.ENDLESS;
        }
        var drawn = random(number, -1).nextInt(MILLION);
        return drawn < poisonsInMillion
                ? KnownDocument.POISON + POISONS.get(drawn % POISONS.size()) + "/" + number
                : "document/" + number;
    }

    /** One name of its own, and two that it shares with many others, the first ones with most. */
    Body body(int number, int version) {
        var random = random(number, version);
        var sourceUri = sourceUri(number);
        var own = "Writer of " + sourceUri.replace('/', ' ');
        var first = shared(random);
        var second = shared(random);
        var entities = new ArrayList<Entity>();
        entities.add(new Entity(own, "PERSON"));
        entities.add(new Entity(first, one(TYPES, random)));
        if (!second.equals(first)) {
            entities.add(new Entity(second, one(TYPES, random)));
        }
        var relationships = List.of(
                new Relationship(own, "WROTE_ABOUT", first),
                new Relationship(first, one(RELATIONSHIP_TYPES, random), second));
        var content = "Version " + version + " of " + sourceUri + ", in which " + own + " tells of " + first
                + " and of " + second + ".";
        return new Body(sourceUri, content, entities, relationships);
    }

    private static String shared(SplittableRandom random) {
        var drawn = random.nextDouble();
        return "Name " + (int) (drawn * drawn * drawn * NAMES);
    }

    private static String one(List<String> of, SplittableRandom random) {
        return of.get(random.nextInt(of.size()));
    }
}
