package io.millrace;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A refusal or failure that a caller has to know about, each kind with a code that never changes.
 *
 * <p>The kinds say what became of the caller's work, because that decides whether posting again is useful: after
 * {@link InvalidParameter}, {@link NotFound}, {@link Gone}, {@link Conflict}, {@link KeyReused}, {@link KeyInFlight}, {@link
 * Overloaded}, {@link QuotaExceeded} and {@link Unavailable} nothing was stored; after {@link OutcomeUnknown} it may have been. What HTTP makes of a
 * kind is decided in the web package.
 *
 * <p>Messages are written for the caller and reach him: no SQL, no host names, no stack traces in them.
 */
public abstract sealed class MillraceException extends RuntimeException {

    private final String code;

    /** Simple values only: strings, numbers, booleans. */
    private final Map<String, Object> context;

    private MillraceException(
            String code, String message, Map<String, Object> context, @Nullable Throwable cause, boolean traced) {
        super(message, cause, false, traced);
        this.code = code;
        this.context = Map.copyOf(context);
    }

    public final String code() {
        return code;
    }

    /** The values that the message speaks of, by name. */
    public final Map<String, Object> context() {
        return context;
    }

    /** The message, never null. */
    public final String detail() {
        return String.valueOf(getMessage());
    }

    /** A parameter in the path, the query or a header is not what it must be. */
    public static final class InvalidParameter extends MillraceException {
        public InvalidParameter(String parameter, String message) {
            super("invalid_parameter", message, Map.of("parameter", parameter), null, false);
        }
    }

    /** What the caller names does not exist. */
    public static final class NotFound extends MillraceException {
        public NotFound(String resource, String id) {
            super(
                    "not_found",
                    "There is no " + resource + " with this id.",
                    Map.of("resource", resource, "id", id),
                    null,
                    false);
        }
    }

    /** What the caller names was there, or was elsewhere, and will not come back. */
    public static final class Gone extends MillraceException {
        public Gone(String message, Map<String, Object> context) {
            super("position_gone", message, context, null, false);
        }
    }

    /** The request contradicts the state that it meets. */
    public static final class Conflict extends MillraceException {
        public Conflict(String message, Map<String, Object> context) {
            super("conflict", message, context, null, false);
        }
    }

    /** Another request came under the same idempotency key before; nothing was stored. */
    public static final class KeyReused extends MillraceException {
        public KeyReused(String message) {
            super("idempotency_key_reused", message, Map.of(), null, false);
        }
    }

    /** A request with the same idempotency key is under way; nothing was stored by this one. */
    public static final class KeyInFlight extends MillraceException {
        public KeyInFlight(String message) {
            super("idempotency_key_in_flight", message, Map.of(), null, false);
        }
    }

    /** A bound is reached: nothing was stored, and the same request may pass a little later. */
    public static final class Overloaded extends MillraceException {
        private final Duration retryAfter;

        public Overloaded(String message, Duration retryAfter) {
            // Thrown by the thousand just when there is no time to walk stacks.
            super("overloaded", message, Map.of(), null, false);
            this.retryAfter = retryAfter;
        }

        public Duration retryAfter() {
            return retryAfter;
        }
    }

    /** A workspace has as much under way as it may: nothing was stored, and the same request may pass a little later. */
    public static final class QuotaExceeded extends MillraceException {
        private final Duration retryAfter;

        public QuotaExceeded(String message, Map<String, Object> context, Duration retryAfter) {
            super("quota_exceeded", message, context, null, false);
            this.retryAfter = retryAfter;
        }

        public Duration retryAfter() {
            return retryAfter;
        }
    }

    /** Something that the request needs is not there: nothing was stored. */
    public static final class Unavailable extends MillraceException {
        private final Duration retryAfter;

        public Unavailable(String message, Duration retryAfter, @Nullable Throwable cause) {
            super("unavailable", message, Map.of(), cause, true);
            this.retryAfter = retryAfter;
        }

        public Duration retryAfter() {
            return retryAfter;
        }
    }

    /** The answer to a commit did not come: it may or may not have taken effect, and posting again is safe. */
    public static final class OutcomeUnknown extends MillraceException {
        public OutcomeUnknown(String message, @Nullable Throwable cause) {
            super("outcome_unknown", message, Map.of(), cause, true);
        }
    }
}
