package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PrintableTest {

    @Property(tries = 300)
    void nothingPrintedControlsATerminal(@ForAll String text) {
        assertThat(Printable.text(text).chars()).noneMatch(Character::isISOControl);
    }

    @Property(tries = 300)
    void whatIsShortenedFits(@ForAll String text, @ForAll @IntRange(min = 1, max = 30) int columns) {
        assertThat(Printable.columns(Printable.shortened(text, columns))).isLessThanOrEqualTo(columns);
    }

    @Test
    void columnsAreCountedAsATerminalDoes() {
        assertThat(Printable.columns("Łódź")).isEqualTo(4);
        assertThat(Printable.columns("仁科芳雄")).isEqualTo(8);
        assertThat(Printable.columns("e\u0301")).isEqualTo(1);
        assertThat(Printable.shortened("Emilie du Châtelet", 10)).isEqualTo("Emilie du…");
    }
}
