package io.millrace.web;

import io.millrace.MillraceException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Handler;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place where a failure becomes an answer. It stands behind the router as the error handler of each status, so
 * that routes just fail: with a {@link MillraceException}, with a status, or by throwing.
 *
 * <p>What nobody foresaw is a 500 that says nothing of its cause, but has an id under which the log has it, once.
 */
final class ProblemHandler implements Handler<RoutingContext> {

    private static final Logger LOG = LoggerFactory.getLogger(ProblemHandler.class);

    /** The router's verdict; a routing that broke off early does not have it in its context. */
    private final int status;

    private final Router router;

    private ProblemHandler(Router router, int status) {
        this.router = router;
        this.status = status;
    }

    /** As error handlers and not as a failure handler on a route, which would see neither 404 nor 405. */
    static void install(Router router) {
        // With 200 the body handler tells of a connection that broke while the body came.
        router.errorHandler(200, new ProblemHandler(router, 400));
        for (int status = 400; status < 600; status++) {
            router.errorHandler(status, new ProblemHandler(router, status));
        }
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerResponse response = context.response();
        if (response.ended() || response.closed()) {
            return;
        }
        Problem problem = problem(context.failure(), status, context.request());
        if (problem.status() == 405) {
            response.putHeader(HttpHeaders.ALLOW, AllowedMethods.of(router, context.normalizedPath()));
        }
        answer(context, problem);
    }

    /** Answers with the problem, or breaks off an answer that has already begun, so that it cannot pass for whole. */
    static void answer(RoutingContext context, Problem problem) {
        HttpServerResponse response = context.response();
        if (response.headWritten()) {
            response.reset();
            // Goes nowhere any more, but tells the router that nothing is left to answer.
            response.end();
            return;
        }
        send(response, problem);
    }

    /** For {@code HttpServer.invalidRequestHandler}: what is not HTTP never reaches the router. */
    static void invalidRequest(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        ProblemType type = cause instanceof TooLongHttpLineException
                ? ProblemType.URI_TOO_LONG
                : cause instanceof TooLongHttpHeaderException ? ProblemType.HEADERS_TOO_LARGE : ProblemType.BAD_REQUEST;
        send(request.response(), Problem.of(type, type.cause()));
        request.connection().close();
    }

    /** What became of a piece of work that failed, for answers that are more than one, such as NDJSON's. */
    static Problem problem(@Nullable Throwable failure, HttpServerRequest request) {
        return problem(failure, 500, request);
    }

    private static Problem problem(@Nullable Throwable failure, int status, HttpServerRequest request) {
        if (failure instanceof MillraceException exception) {
            if (exception.getCause() != null) {
                LOG.warn(
                        "{} {}: {}: {}",
                        request.method(),
                        request.path(),
                        exception.code(),
                        exception.getCause().toString());
            }
            return problem(exception);
        }
        if (failure instanceof ReplyException exception) {
            return problem(exception, request);
        }
        ProblemType type = type(status);
        return type == ProblemType.INTERNAL_ERROR ? internalError(failure, request) : Problem.of(type, type.cause());
    }

    static Problem problem(MillraceException exception) {
        Problem problem = Problem.of(type(exception), exception.detail()).withContext(exception.context());
        return switch (exception) {
            case MillraceException.Overloaded overloaded -> problem.withRetryAfter(overloaded.retryAfter());
            case MillraceException.QuotaExceeded quota -> problem.withRetryAfter(quota.retryAfter());
            case MillraceException.Unavailable unavailable -> problem.withRetryAfter(unavailable.retryAfter());
            case MillraceException.InvalidParameter _,
                    MillraceException.NotFound _,
                    MillraceException.Gone _,
                    MillraceException.Conflict _,
                    MillraceException.KeyReused _,
                    MillraceException.OutcomeUnknown _ -> problem;
            case MillraceException.KeyInFlight _ -> problem.withRetryAfter(Duration.ofSeconds(1));
        };
    }

    static ProblemType type(MillraceException exception) {
        return switch (exception) {
            case MillraceException.InvalidParameter _ -> ProblemType.INVALID_PARAMETER;
            case MillraceException.NotFound _ -> ProblemType.NOT_FOUND;
            case MillraceException.Gone _ -> ProblemType.POSITION_GONE;
            case MillraceException.Conflict _ -> ProblemType.CONFLICT;
            case MillraceException.KeyReused _ -> ProblemType.IDEMPOTENCY_KEY_REUSED;
            case MillraceException.KeyInFlight _ -> ProblemType.IDEMPOTENCY_KEY_IN_FLIGHT;
            case MillraceException.Overloaded _ -> ProblemType.OVERLOADED;
            case MillraceException.QuotaExceeded _ -> ProblemType.QUOTA_EXCEEDED;
            case MillraceException.Unavailable _ -> ProblemType.UNAVAILABLE;
            case MillraceException.OutcomeUnknown _ -> ProblemType.OUTCOME_UNKNOWN;
        };
    }

    /** A stage that this pod does not run has stored nothing; one that did not answer may have. */
    private static Problem problem(ReplyException exception, HttpServerRequest request) {
        return switch (exception.failureType()) {
            case NO_HANDLERS ->
                Problem.of(ProblemType.UNAVAILABLE, "The stage that does this is not running here, or not yet.")
                        .withRetryAfter(Duration.ofSeconds(1));
            case TIMEOUT -> Problem.of(ProblemType.OUTCOME_UNKNOWN, "The stage that does this did not answer in time.");
            case RECIPIENT_FAILURE, ERROR -> internalError(exception, request);
        };
    }

    private static ProblemType type(int status) {
        return switch (status) {
            case 401 -> ProblemType.UNAUTHENTICATED;
            case 403 -> ProblemType.FORBIDDEN;
            case 404 -> ProblemType.NOT_FOUND;
            case 405 -> ProblemType.METHOD_NOT_ALLOWED;
            case 406 -> ProblemType.NOT_ACCEPTABLE;
            case 408 -> ProblemType.REQUEST_TIMEOUT;
            case 409 -> ProblemType.CONFLICT;
            case 410 -> ProblemType.POSITION_GONE;
            case 413 -> ProblemType.BODY_TOO_LARGE;
            case 414 -> ProblemType.URI_TOO_LONG;
            case 415 -> ProblemType.UNSUPPORTED_MEDIA_TYPE;
            case 417 -> ProblemType.EXPECTATION_FAILED;
            case 426 -> ProblemType.UPGRADE_REQUIRED;
            case 429 -> ProblemType.OVERLOADED;
            case 431 -> ProblemType.HEADERS_TOO_LARGE;
            case 503 -> ProblemType.UNAVAILABLE;
            case 504 -> ProblemType.OUTCOME_UNKNOWN;
            default -> status < 500 ? ProblemType.BAD_REQUEST : ProblemType.INTERNAL_ERROR;
        };
    }

    private static Problem internalError(@Nullable Throwable failure, HttpServerRequest request) {
        String instance = "urn:uuid:" + UUID.randomUUID();
        LOG.error("{} {} failed: {}", request.method(), request.path(), instance, failure);
        return Problem.of(
                        ProblemType.INTERNAL_ERROR,
                        "Something failed that should not. The log of the server has it under the id in instance.")
                .withInstance(instance);
    }

    private static void send(HttpServerResponse response, Problem problem) {
        response.setStatusCode(problem.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        if (problem.retryAfter() != null || problem.status() == 429 || problem.status() == 503) {
            response.putHeader(HttpHeaders.RETRY_AFTER, Long.toString(problem.retryAfterSeconds()));
        }
        response.end(problem.toBuffer());
    }
}
