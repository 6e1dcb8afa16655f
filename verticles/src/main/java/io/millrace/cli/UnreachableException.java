package io.millrace.cli;

import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;

/** No answer came. What was sent may have taken effect or not; posting a document again is safe. */
final class UnreachableException extends ClientException {

    private static final long serialVersionUID = 1;

    private final boolean answeredBefore;

    UnreachableException(URI server, boolean answeredBefore, Throwable cause) {
        super(message(server, answeredBefore, cause), cause);
        this.answeredBefore = answeredBefore;
    }

    /** Whether this server has been there: one that went away may come back, a wrong address will not. */
    boolean answeredBefore() {
        return answeredBefore;
    }

    /** Whether the connection was not even made, so that nothing was sent. */
    boolean neverConnected() {
        return getCause() instanceof ConnectException || getCause() instanceof HttpConnectTimeoutException;
    }

    @Override
    int exitCode() {
        return ExitCode.UNREACHABLE;
    }

    private static String message(URI server, boolean answeredBefore, Throwable cause) {
        var why =
                cause instanceof ConnectException || cause.getMessage() == null ? "" : " (" + cause.getMessage() + ")";
        return answeredBefore
                ? "the millrace at %s no longer answers%s".formatted(server, why)
                : "no millrace answers at %s%s; start one with ./millrace serve".formatted(server, why);
    }
}
