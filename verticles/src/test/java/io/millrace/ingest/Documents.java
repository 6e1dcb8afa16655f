package io.millrace.ingest;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Arbitrary documents that keep the rules of the door. */
final class Documents {

    private Documents() {}

    static Arbitrary<Document> any() {
        Arbitrary<Boolean> supplied = Arbitraries.of(true, false);
        return supplied.flatMap(isSupplied -> Combinators.combine(
                        text(1, 8),
                        text(1, 40),
                        text(1, 400),
                        Arbitraries.of(ContentType.class),
                        text(1, 10),
                        text(2, 60).injectNull(0.3),
                        isSupplied ? entities() : Arbitraries.just(List.<SuppliedEntity>of()),
                        isSupplied ? relationships() : Arbitraries.just(List.<SuppliedRelationship>of()))
                .as((workspace, uri, content, type, job, metadata, entities, relationships) -> new Document(
                        workspace, uri, content, type, job, metadata, entities, relationships, isSupplied)));
    }

    private static Arbitrary<List<SuppliedEntity>> entities() {
        return Combinators.combine(text(1, 10), text(1, 5), text(0, 20).injectNull(0.3), confidence())
                .as(SuppliedEntity::new)
                .list()
                .ofMaxSize(4);
    }

    private static Arbitrary<List<SuppliedRelationship>> relationships() {
        return Combinators.combine(
                        text(1, 10), text(1, 10), text(1, 5), text(0, 20).injectNull(0.3), confidence())
                .as(SuppliedRelationship::new)
                .list()
                .ofMaxSize(4);
    }

    private static Arbitrary<Double> confidence() {
        return Arbitraries.doubles().between(0, 100).ofScale(6).injectNull(0.3);
    }

    /** Quotes, controls, line separators and characters of one to four bytes; no NUL, no lone surrogates. */
    private static Arbitrary<String> text(int min, int max) {
        Arbitrary<String> character = Arbitraries.oneOf(
                Arbitraries.chars().range('\u0001', '\u00FF').map(String::valueOf),
                Arbitraries.of("\"", "\\", "\n", "\r\n", "\u2028", "ß", "€", "\uFEFF", "\uFFFD", "😀", "𝔘"));
        return character.list().ofMinSize(min).ofMaxSize(max).map(parts -> String.join("", parts));
    }
}
