package io.millrace.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProblemTest {

    @Test
    void isWrittenAsTheRfcHasIt() {
        Problem problem = Problem.of(ProblemType.INVALID_DOCUMENT, "No \"good\".")
                .withErrors(List.of(new Violation("/0/a~1b", Violation.Code.TOO_LONG, "3 characters.")))
                .withInstance("urn:uuid:1")
                .withRetryAfter(Duration.ofMillis(1_001))
                .withContext(Map.of("limit", 2));
        assertThat(problem.toBuffer().toString()).isEqualTo("""
                {"type":"/problems/invalid_document","title":"Invalid document","status":422,\
                "code":"invalid_document","detail":"No \\"good\\".","instance":"urn:uuid:1",\
                "errors":[{"pointer":"/0/a~1b","code":"too_long","detail":"3 characters."}],\
                "retry_after_seconds":2,"context":{"limit":2}}""");
    }

    @Test
    void leavesOutWhatItDoesNotHave() {
        assertThat(Problem.of(ProblemType.NOT_FOUND, "d").toBuffer().toString()).isEqualTo("""
                {"type":"/problems/not_found","title":"Not found","status":404,"code":"not_found","detail":"d"}""");
    }

    @Test
    void halfCharactersNeverLeave() {
        Problem problem = Problem.of(ProblemType.NOT_FOUND, "a\uD800b").withContext(Map.of("id", "\uDC00"));
        assertThat(problem.toBuffer().toJsonObject().getString("detail")).isEqualTo("a\uFFFDb");
        assertThat(problem.toBuffer().toJsonObject().getJsonObject("context").getString("id"))
                .isEqualTo("\uFFFD");
    }

    @Test
    void nobodyIsCalledBackTooEarly() {
        assertThat(List.of(0L, 1L, 999L, 1_000L, 1_001L, 2_000L).stream()
                        .map(millis -> Problem.of(ProblemType.OVERLOADED, "d")
                                .withRetryAfter(Duration.ofMillis(millis))
                                .retryAfterSeconds()))
                .containsExactly(1L, 1L, 1L, 1L, 2L, 2L);
    }
}
