package io.millrace.extract;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerbFormsTest {
    @ParameterizedTest
    @CsvSource({
        "founded, founded",
        "founds, founded",
        "writes, wrote",
        "written, wrote",
        "writing, wrote",
        "develops, developed",
        "developing, developed",
        "studies, studied",
        "studying, studied",
        "uses, used",
        "using, used",
        "produces, produced",
        "producing, produced",
        "reaches, reached",
        "passes, passed",
        "employ, employed",
        "lies, lay",
        "borders, bordered",
        "co-founds, co-founded",
        "born, born"
    })
    void bringsEveryFormToThePast(String form, String past) {
        assertThat(VerbForms.past(form)).isEqualTo(past);
    }
}
