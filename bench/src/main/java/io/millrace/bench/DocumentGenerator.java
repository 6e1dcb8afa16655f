package io.millrace.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Documents as a crawler with an extractor of its own posts them: 900 words of text, 12 entities whose names stand in it,
 * and 12 relationships between them. Names follow Zipf's law, so that a few entities are in many documents and most in few.
 * The same seed gives the same bytes.
 */
final class DocumentGenerator {

    static final int WORDS = 900;
    static final int MENTIONS = 12;
    static final int RELATIONSHIPS = 12;
    static final int NAMES = 50_000;

    private static final String PLACE = "https://bench.example/documents/";

    /** What every document begins with, up to its number. */
    static final String SOURCE = "{\"source_uri\":\"" + PLACE;

    private static final int SENTENCE_WORDS = 15;
    private static final int PARAGRAPH_SENTENCES = 6;

    /** One mention in so many tells another type than the usual one, as extractors do. */
    private static final int DISSENT = 50;

    private static final String[] VOCABULARY = """
            the of and to in a is that for it was on as with be by at from are this which or have an they were their one
            all we can her has there been if more when will would who so no said what up its about into than them only
            other new some could time these two may then do first any now such like over man me even most made after also
            did many before must through years where much way well down should because each just those people how too
            little state good very make world still own see work long get here between both life being under never day
            same another know while last might us great old year off come since against go came right used take three
            states himself few house use during without again place around however home small found part thought went say
            general once upon school every water company system program question government number order group power city
            country large national social public business point development research report market history river bridge
            railway engine factory harbour council election treaty theory measure method machine signal network language
            letter archive museum painting music theatre village mountain island forest winter summer morning evening
            century decade period region border capital village valley kingdom empire republic army navy fleet captain
            officer soldier worker teacher student writer poet artist doctor lawyer judge farmer miner sailor merchant
            built opened closed founded joined left moved returned began ended wrote published taught studied designed
            discovered described measured proposed signed led won lost bought sold produced carried crossed reached
            """.split("\\s+");

    private static final String[] SYLLABLES = """
            ka ro mi ten bel sar do vin lo han gre pol ter win ash mar cor del fen hol jen kir lam mor nel os pra quin ral
            sten tor ul ver wes yor zan bri cal dun el
            """.split("\\s+");

    private static final String[] TYPES = {
        "person", "organization", "location", "event", "work", "product", "technology", "concept"
    };

    private static final String[] RELATIONSHIP_TYPES = {
        "works for",
        "founded",
        "located in",
        "part of",
        "member of",
        "author of",
        "born in",
        "died in",
        "educated at",
        "owns",
        "produced by",
        "influenced",
        "married to",
        "parent of",
        "successor of",
        "participated in",
        "named after",
        "uses",
        "developed",
        "capital of"
    };

    private final long seed;
    private final Zipf names = new Zipf(NAMES);
    private final Zipf words = new Zipf(VOCABULARY.length);
    private final Zipf types = new Zipf(RELATIONSHIP_TYPES.length);
    private final JsonFactory json = new JsonFactory();

    DocumentGenerator(long seed) {
        this.seed = seed;
    }

    /** So many documents, a JSON object and a line end each. */
    List<byte[]> lines(int count) throws IOException {
        var lines = new ArrayList<byte[]>(count);
        var random = new SplittableRandom(seed);
        for (var i = 0; i < count; i++) {
            lines.add(line(i, random.split()));
        }
        return lines;
    }

    private byte[] line(int number, SplittableRandom random) throws IOException {
        var ranks = new LinkedHashSet<Integer>();
        while (ranks.size() < MENTIONS) {
            ranks.add(names.next(random));
        }
        var mentioned = List.copyOf(ranks);
        var bytes = new ByteArrayOutputStream(12_000);
        try (var generator = json.createGenerator(bytes)) {
            generator.writeStartObject();
            generator.writeStringField("source_uri", PLACE + number);
            generator.writeStringField("content", text(mentioned, random));
            generator.writeStringField("content_type", "text/plain");
            writeEntities(generator, mentioned, random);
            writeRelationships(generator, mentioned, random);
            generator.writeEndObject();
        }
        bytes.write('\n');
        return bytes.toByteArray();
    }

    /** Sentences and paragraphs, with the names at even distances. */
    private String text(List<Integer> mentioned, SplittableRandom random) {
        var text = new StringBuilder(WORDS * 7);
        for (var i = 0; i < WORDS; i++) {
            var inSentence = i % SENTENCE_WORDS;
            var word = VOCABULARY[words.next(random)];
            if (i % (WORDS / MENTIONS) == SENTENCE_WORDS / 2) {
                word = name(mentioned.get(i / (WORDS / MENTIONS)));
            } else if (inSentence == 0) {
                word = Character.toUpperCase(word.charAt(0)) + word.substring(1);
            }
            text.append(word);
            if (inSentence < SENTENCE_WORDS - 1) {
                text.append(' ');
            } else {
                text.append(
                        i % (SENTENCE_WORDS * PARAGRAPH_SENTENCES) == SENTENCE_WORDS * PARAGRAPH_SENTENCES - 1
                                ? ".\n\n"
                                : ". ");
            }
        }
        return text.toString().strip();
    }

    private static void writeEntities(JsonGenerator generator, List<Integer> mentioned, SplittableRandom random)
            throws IOException {
        generator.writeArrayFieldStart("entities");
        for (var rank : mentioned) {
            var usual = rank % TYPES.length;
            var type = random.nextInt(DISSENT) == 0 ? random.nextInt(TYPES.length) : usual;
            generator.writeStartObject();
            generator.writeStringField("name", name(rank));
            generator.writeStringField("type", TYPES[type]);
            generator.writeNumberField("confidence", 60 + random.nextInt(40));
            generator.writeEndObject();
        }
        generator.writeEndArray();
    }

    private void writeRelationships(JsonGenerator generator, List<Integer> mentioned, SplittableRandom random)
            throws IOException {
        generator.writeArrayFieldStart("relationships");
        for (var i = 0; i < RELATIONSHIPS; i++) {
            var source = random.nextInt(MENTIONS);
            var target = (source + 1 + random.nextInt(MENTIONS - 1)) % MENTIONS;
            generator.writeStartObject();
            generator.writeStringField("source", name(mentioned.get(source)));
            generator.writeStringField("target", name(mentioned.get(target)));
            generator.writeStringField("type", RELATIONSHIP_TYPES[types.next(random)]);
            generator.writeNumberField("confidence", 60 + random.nextInt(40));
            generator.writeEndObject();
        }
        generator.writeEndArray();
    }

    /** Two words, a different pair for each rank: the rank in digits of base 41, at least two syllables a word. */
    static String name(int rank) {
        var base = SYLLABLES.length;
        var first = SYLLABLES[rank % base] + SYLLABLES[(rank * 7 + 3) % base];
        var second = SYLLABLES[rank / base % base] + SYLLABLES[rank / base / base % base];
        return capital(first) + " " + capital(second);
    }

    private static String capital(String word) {
        return Character.toUpperCase(word.charAt(0)) + word.substring(1);
    }
}
