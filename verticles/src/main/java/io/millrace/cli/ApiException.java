package io.millrace.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The server answered that it did not do what was asked: a problem as RFC 9457 shapes it. */
final class ApiException extends ClientException {

    private static final long serialVersionUID = 1;

    /** A broken rule, with a JSON pointer to the place in the body. */
    record Violation(String pointer, String code, String detail) {}

    /** 429 and 503 tell that nothing was stored; after 502 and 504 it is unknown, and posting again is safe. */
    private static final Set<Integer> PASSING = Set.of(429, 502, 503, 504);

    private final int status;
    private final String code;
    private final String title;
    private final String detail;
    private final transient List<Violation> errors;
    private final @Nullable Duration retryAfter;

    ApiException(
            int status,
            String code,
            String title,
            String detail,
            List<Violation> errors,
            @Nullable Duration retryAfter) {
        super(message(status, code, detail, errors));
        this.status = status;
        this.code = code;
        this.title = title;
        this.detail = detail;
        this.errors = List.copyOf(errors);
        this.retryAfter = retryAfter;
    }

    /** An answer with this status and body, whoever wrote it: proxies know nothing of problems. */
    static ApiException of(int status, String body, @Nullable Duration retryAfter) {
        try {
            return of(status, Json.MAPPER.readTree(body), retryAfter);
        } catch (JacksonException _) {
            return of(status, MissingNode.getInstance(), retryAfter);
        }
    }

    static ApiException of(int status, @Nullable JsonNode problem, @Nullable Duration retryAfter) {
        var fields = problem == null ? MissingNode.getInstance() : problem;
        var title = Printable.text(fields.path("title").asText("Unexpected answer"));
        return new ApiException(
                status,
                Printable.text(fields.path("code").asText("no_problem_given")),
                title,
                Printable.text(fields.path("detail").asText(title)),
                violations(fields.path("errors")),
                retryAfter == null ? secondsOf(fields.path("retry_after_seconds")) : retryAfter);
    }

    /** An answer that a Millrace would not give, though its status says that all is well. */
    static ApiException unexpected(int status, String detail) {
        return new ApiException(status, "unexpected_answer", "Unexpected answer", detail, List.of(), null);
    }

    /** What was named is not there, though nobody but this client says so. */
    static ApiException notFound(String detail) {
        return new ApiException(404, "not_found", "Not found", detail, List.of(), null);
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    String title() {
        return title;
    }

    String detail() {
        return detail;
    }

    List<Violation> errors() {
        return errors;
    }

    Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    boolean passing() {
        return isPassing(status);
    }

    static boolean isPassing(int status) {
        return PASSING.contains(status);
    }

    @Override
    int exitCode() {
        return ExitCode.FAILED;
    }

    private static List<Violation> violations(JsonNode errors) {
        var violations = new ArrayList<Violation>();
        for (var error : errors) {
            violations.add(new Violation(
                    Printable.text(error.path("pointer").asText()),
                    Printable.text(error.path("code").asText()),
                    Printable.text(error.path("detail").asText())));
        }
        return violations;
    }

    private static @Nullable Duration secondsOf(JsonNode seconds) {
        return seconds.canConvertToLong() ? Duration.ofSeconds(seconds.longValue()) : null;
    }

    private static String message(int status, String code, String detail, List<Violation> errors) {
        var places = errors.stream()
                .map(error ->
                        "; %s: %s".formatted(error.pointer().isEmpty() ? "body" : error.pointer(), error.detail()))
                .collect(Collectors.joining());
        return "%s (%d %s)%s".formatted(detail, status, code, places);
    }
}
