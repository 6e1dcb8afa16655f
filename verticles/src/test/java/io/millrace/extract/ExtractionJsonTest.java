package io.millrace.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExtractionJsonTest {
    @Test
    void keepsOrderOfFieldsAndLeavesOutWhatIsNotThere() {
        var extraction = new Extraction(
                List.of(new EntityMention("Ada \"A\"", "PERSON", null, 0, 7, 61.5)),
                List.of(new RelationshipMention("Ada", "London", "BORN_IN", "Ada was born.", -1, -1, 70)));

        assertThat(ExtractionJson.write(extraction))
                .isEqualTo("{\"entities\":[{\"name\":\"Ada \\\"A\\\"\",\"type\":\"PERSON\",\"start\":0,\"end\":7,"
                        + "\"confidence\":61.5}],\"relationships\":[{\"source\":\"Ada\",\"target\":\"London\","
                        + "\"type\":\"BORN_IN\",\"description\":\"Ada was born.\",\"start\":-1,\"end\":-1,"
                        + "\"confidence\":70.0}]}");
    }

    @Property(tries = 300)
    void readsWhatItWrote(@ForAll("extractions") Extraction extraction) {
        var text = ExtractionJson.write(extraction);

        assertThat(ExtractionJson.read(text)).isEqualTo(extraction);
        assertThat(ExtractionJson.write(ExtractionJson.read(text))).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "{\"entities\":[]}",
                "{\"entities\":[],\"relationships\":[]} {}",
                "{\"entities\":[],\"relationships\":[],\"more\":1}",
                "{\"entities\":[],\"entities\":[],\"relationships\":[]}",
                "{\"entities\":[{}],\"relationships\":[]}",
                "{\"entities\":[null],\"relationships\":[]}",
                "{\"entities\":[{\"name\":5,\"type\":\"T\",\"start\":0,\"end\":1,\"confidence\":1}],\"relationships\":[]}",
                "{\"entities\":[{\"name\":\"A\",\"type\":\"T\",\"start\":0,\"end\":1.5,\"confidence\":1}],\"relationships\":[]}",
                "{\"entities\":[{\"name\":\"A\",\"type\":\"T\",\"start\":\"0\",\"end\":1,\"confidence\":1}],\"relationships\":[]}",
                "{\"entities\":[{\"name\":\"A\",\"type\":\"T\",\"start\":0,\"end\":1,\"confidence\":101}],\"relationships\":[]}",
                "{\"entities\":[{\"name\":\"A\",\"source\":\"B\",\"type\":\"T\",\"start\":0,\"end\":1,\"confidence\":1}],\"relationships\":[]}",
                "{\"entities\":[],\"relationships\":[",
            })
    void refusesAnythingElse(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> ExtractionJson.read(text));
    }

    @Provide
    Arbitrary<Extraction> extractions() {
        var texts = Arbitraries.strings().ofMaxLength(20);
        var names = texts.filter(text -> !text.isBlank());
        var descriptions = texts.injectNull(0.3);
        var starts = Arbitraries.integers().between(-1, 1_000_000);
        var confidences = Arbitraries.doubles().between(0, 100).ofScale(6);
        var entities = Combinators.combine(names, names, descriptions, starts, confidences)
                .as((name, type, description, start, confidence) ->
                        new EntityMention(name, type, description, start, endOf(start), confidence));
        var relationships = Combinators.combine(names, names, names, descriptions, starts, confidences)
                .as((source, target, type, description, start, confidence) ->
                        new RelationshipMention(source, target, type, description, start, endOf(start), confidence));
        return Combinators.combine(
                        entities.list().ofMaxSize(5), relationships.list().ofMaxSize(5))
                .as(Extraction::new);
    }

    private static int endOf(int start) {
        return start < 0 ? -1 : start + 7;
    }
}
