package io.millrace.pg;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.pg.DatabaseFailure.Kind;
import io.vertx.pgclient.PgException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a failure means for the one who asked, where a real server is hard to bring to it. */
class SqlStatesTest {

    /** Its COMMIT record may have been written before the room ran out. */
    @ParameterizedTest
    @CsvSource({"PANIC, 53100", "PANIC, 58030", "PANIK, 53100"})
    void aServerThatPanicsOverItsWalMayHaveCommitted(String severity, String sqlState) {
        var message = "could not write to file \"pg_wal/xlogtemp.42\": No space left on device";

        assertThat(kind(message, severity, sqlState)).isEqualTo(Kind.UNKNOWN);
    }

    @Test
    void aTableThatCannotGrowStoredNothing() {
        var message = "could not extend file \"base/16384/16999\": No space left on device";

        assertThat(kind(message, "ERROR", "53100")).isEqualTo(Kind.UNAVAILABLE);
    }

    private static Kind kind(String message, String severity, String sqlState) {
        return SqlStates.failure(new PgException(message, severity, sqlState, ""))
                .kind();
    }
}
