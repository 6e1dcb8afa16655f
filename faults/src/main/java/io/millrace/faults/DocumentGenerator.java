package io.millrace.faults;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Documents in the order of a seed: new ones, the same ones again, new versions of earlier ones, versions that were there
 * before, and a few that a processor chokes on. Thread-safe.
 */
final class DocumentGenerator {

    private final Corpus corpus;
    private final Random random;
    /** How many versions each source has so far. */
    private int[] versions = new int[1_024];

    private int sources;

    DocumentGenerator(long seed) {
        this(new Corpus(seed, Corpus.POISONS_OF_A_SEED));
    }

    DocumentGenerator(Corpus corpus) {
        this.corpus = corpus;
        this.random = new Random(corpus.seed());
    }

    synchronized List<KnownDocument> next(int count) {
        var documents = new ArrayList<KnownDocument>();
        for (var i = 0; i < count; i++) {
            documents.add(next());
        }
        return documents;
    }

    /** One that a processor never ends with; it does not come again by itself. */
    KnownDocument endless() {
        return new KnownDocument(corpus, Corpus.ENDLESS, 0);
    }

    private KnownDocument next() {
        var drawn = random.nextInt(100);
        if (sources == 0 || drawn < 63) {
            return added();
        }
        var number = random.nextInt(sources);
        if (drawn < 80) {
            return new KnownDocument(corpus, number, versions[number] - 1);
        } else if (drawn < 85) {
            return new KnownDocument(corpus, number, random.nextInt(versions[number]));
        }
        return new KnownDocument(corpus, number, versions[number]++);
    }

    private KnownDocument added() {
        if (sources == versions.length) {
            versions = Arrays.copyOf(versions, 2 * sources);
        }
        versions[sources] = 1;
        return new KnownDocument(corpus, sources++, 0);
    }
}
