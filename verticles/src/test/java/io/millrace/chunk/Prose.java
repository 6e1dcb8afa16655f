package io.millrace.chunk;

import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Made-up prose with paragraphs and sentences of the usual lengths, always the same for the same seed. */
final class Prose {

    private static final List<String> WORDS = List.of(
            ("the of and a in to was is with for on as by at from river council engineer bridge built harbour grain "
                            + "company founded later moved letters station archive mayor winter northern railway museum "
                            + "observatory painter collected several instruments published studied under appointed "
                            + "Anderson Lisbon Meridian Castellan Okafor Reykjavik Halloran Ostrava Tanaka Vermeer")
                    .split(" "));

    private final Random random;

    Prose(long seed) {
        random = new Random(seed);
    }

    String document(int paragraphs) {
        return IntStream.range(0, paragraphs).mapToObj(_ -> paragraph()).collect(Collectors.joining("\n\n"));
    }

    String paragraph() {
        return IntStream.range(0, 2 + random.nextInt(7))
                .mapToObj(_ -> sentence())
                .collect(Collectors.joining(" "));
    }

    String sentence() {
        String words = IntStream.range(0, 6 + random.nextInt(25))
                .mapToObj(_ -> WORDS.get(random.nextInt(WORDS.size())))
                .collect(Collectors.joining(" "));
        return Character.toUpperCase(words.charAt(0)) + words.substring(1) + ".";
    }

    int below(int bound) {
        return random.nextInt(bound);
    }
}
