package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.sqlclient.Tuple;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MergedWritesTest {

    private static Write rows(String sql, Integer... ids) {
        return Write.rows(sql, Tuple.of(ids, (Object)
                Arrays.stream(ids).map(id -> "row " + id).toArray(String[]::new)));
    }

    private static List<String> statements(List<Write> writes) {
        return writes.stream()
                .map(write -> write.sql()
                        + Arrays.toString((Object[]) write.parameters().getValue(0)))
                .toList();
    }

    @Test
    void theSameStatementOfSeveralBatchesIsOneWithAllRows() {
        var merged = MergedWrites.of(List.of(
                List.of(rows("a", 1, 2), rows("b", 3)),
                List.of(rows("a", 4), rows("b", 5)),
                List.of(),
                List.of(rows("b", 6))));

        assertThat(statements(merged)).containsExactly("a[1, 2, 4]", "b[3, 5, 6]");
        assertThat(merged.getFirst().areRows()).isTrue();
        assertThat((String[]) merged.getFirst().parameters().getValue(1)).containsExactly("row 1", "row 2", "row 4");
    }

    @Test
    void whatOnlySomeBatchesWriteStaysBetweenWhatAllOfThemWrite() {
        var merged = MergedWrites.of(
                List.of(List.of(rows("a", 1), rows("c", 2)), List.of(rows("a", 3), rows("b", 4), rows("c", 5))));

        assertThat(statements(merged)).containsExactly("a[1, 3]", "b[4]", "c[2, 5]");
    }

    @Test
    void eachBatchKeepsItsOrderWhereTheirOrdersDiffer() {
        var merged = MergedWrites.of(List.of(
                List.of(rows("a", 1), rows("b", 2)), List.of(rows("b", 3), rows("a", 4)), List.of(rows("b", 5))));

        assertThat(statements(merged)).containsExactly("a[1]", "b[2, 3, 5]", "a[4]");
    }

    @Test
    void whatIsNotRowsStaysAlone() {
        var merged = MergedWrites.of(List.of(
                List.of(new Write("a", Tuple.of((Object) new Integer[] {1}))),
                List.of(new Write("a", Tuple.of((Object) new Integer[] {2})))));

        assertThat(statements(merged)).containsExactly("a[1]", "a[2]");
    }

    @Test
    void aBatchThatWritesTheSameStatementTwiceWritesItTwice() {
        var merged = MergedWrites.of(List.of(List.of(rows("a", 1), rows("a", 2)), List.of(rows("a", 3))));

        assertThat(statements(merged)).containsExactly("a[1, 3]", "a[2]");
    }
}
