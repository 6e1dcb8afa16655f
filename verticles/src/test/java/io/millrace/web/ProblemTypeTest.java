package io.millrace.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProblemTypeTest {

    @Test
    void codesAndStatusesNeverChange() {
        assertThat(Arrays.stream(ProblemType.values()).map(type -> type.status() + " " + type.code()))
                .containsExactly(
                        "400 bad_request",
                        "400 invalid_parameter",
                        "400 empty_body",
                        "400 invalid_utf8",
                        "400 malformed_json",
                        "400 duplicate_key",
                        "400 too_deep",
                        "400 token_too_long",
                        "400 not_a_document",
                        "400 broken_content_encoding",
                        "401 unauthenticated",
                        "403 forbidden",
                        "403 forbidden_origin",
                        "404 not_found",
                        "405 method_not_allowed",
                        "406 not_acceptable",
                        "408 request_timeout",
                        "409 conflict",
                        "409 idempotency_key_in_flight",
                        "409 job_ended",
                        "409 job_followed",
                        "410 position_gone",
                        "413 body_too_large",
                        "413 compression_ratio_too_high",
                        "413 line_too_long",
                        "414 uri_too_long",
                        "415 unsupported_media_type",
                        "415 unsupported_content_encoding",
                        "417 expectation_failed",
                        "422 invalid_document",
                        "422 invalid_record",
                        "422 idempotency_key_reused",
                        "426 upgrade_required",
                        "429 overloaded",
                        "429 quota_exceeded",
                        "431 headers_too_large",
                        "500 internal_error",
                        "503 unavailable",
                        "503 too_many_connections",
                        "504 outcome_unknown");
    }

    @ParameterizedTest
    @EnumSource
    void eachCanBeFoundAndExplained(ProblemType type) {
        assertThat(ProblemType.of(type.code())).contains(type);
        assertThat(type.uri()).isEqualTo("/problems/" + type.code());
        assertThat(type.title()).isNotBlank();
        assertThat(type.cause()).endsWith(".");
        assertThat(type.remedy()).endsWith(".");
    }

    @Test
    void anUnknownCodeHasNoPage() {
        assertThat(ProblemType.of("nonsense")).isEmpty();
    }
}
