package io.millrace.cli;

/** A request that did not bring what was asked for. Its message is for the person at the terminal. */
abstract sealed class ClientException extends RuntimeException permits ApiException, UnreachableException {

    private static final long serialVersionUID = 1;

    private final String message;

    ClientException(String message) {
        super(message);
        this.message = message;
    }

    ClientException(String message, Throwable cause) {
        super(message, cause);
        this.message = message;
    }

    /** Always there, unlike that of other exceptions. */
    @Override
    public final String getMessage() {
        return message;
    }

    abstract int exitCode();
}
