package io.millrace.flow;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A small document whose extraction is known, because its sender supplies it. */
record Letter(String sourceUri, String content, List<Entity> entities, List<Relationship> relationships) {

    record Entity(String name, String type) {}

    record Relationship(String source, String type, String target) {}

    private static final int NAMES = 60;
    private static final List<String> TYPES = List.of("PERSON", "PLACE", "THING");
    private static final List<String> RELATIONSHIP_TYPES = List.of("KNOWS", "OWNS");

    Letter {
        entities = List.copyOf(entities);
        relationships = List.copyOf(relationships);
    }

    /** Letters 0 to {@code count - 1}, the same for the same seed. */
    static List<Letter> generate(long seed, int count) {
        var random = new Random(seed);
        var letters = new ArrayList<Letter>();
        for (var i = 0; i < count; i++) {
            letters.add(generate(random, i));
        }
        return letters;
    }

    /** One name of its own, and two that it shares with many others, the first ones with most. */
    private static Letter generate(Random random, int number) {
        var own = "Writer " + number;
        var first = shared(random);
        var second = shared(random);
        var entities = new ArrayList<Entity>();
        entities.add(new Entity(own, "PERSON"));
        entities.add(new Entity(first, one(random, TYPES)));
        if (!second.equals(first)) {
            entities.add(new Entity(second, one(random, TYPES)));
        }
        var relationships = List.of(
                new Relationship(own, "WROTE_ABOUT", first),
                new Relationship(first, one(random, RELATIONSHIP_TYPES), second));
        var content = "Letter %d, in which %s tells of %s and of %s.".formatted(number, own, first, second);
        return new Letter("letters/" + number, content, entities, relationships);
    }

    private static String shared(Random random) {
        var drawn = random.nextDouble();
        return "Name " + (int) (drawn * drawn * drawn * NAMES);
    }

    private static String one(Random random, List<String> of) {
        return of.get(random.nextInt(of.size()));
    }

    JsonObject json() {
        return Posts.document(
                sourceUri,
                content,
                entities.stream()
                        .map(entity -> Posts.entity(entity.name(), entity.type()))
                        .toList(),
                relationships.stream()
                        .map(relationship ->
                                Posts.relationship(relationship.source(), relationship.type(), relationship.target()))
                        .toList());
    }
}
