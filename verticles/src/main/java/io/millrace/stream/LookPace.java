package io.millrace.stream;

/**
 * How often to look for what a notification may have missed: a second after something was found, and less and less often
 * while nothing is. For one thread.
 */
public final class LookPace {

    private static final int LATEST_SECONDS = 4;

    private int pauseSeconds = 1;
    private int secondsToLook = 1;

    /** A second has passed; true when it is time to look. */
    public boolean second() {
        return --secondsToLook <= 0;
    }

    /**
     * Somebody has looked.
     *
     * @param found whether there was something, or may have been
     */
    public void looked(boolean found) {
        pauseSeconds = found ? 1 : Math.min(2 * pauseSeconds, LATEST_SECONDS);
        secondsToLook = pauseSeconds;
    }
}
