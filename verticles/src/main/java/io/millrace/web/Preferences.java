package io.millrace.web;

import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a client would like, by the Prefer header (RFC 7240). What is not understood is passed over, as the RFC asks for. */
final class Preferences {

    private static final Pattern WAIT = Pattern.compile("wait\\s*=\\s*\"?(\\d{1,9})\"?\\s*(;.*)?");

    private Preferences() {}

    /** How long to wait for the outcome, at most so long; the first preference of that name counts. */
    static Optional<Duration> wait(MultiMap headers, Duration max) {
        return headers.getAll("Prefer").stream()
                .flatMap(header -> Pattern.compile(",").splitAsStream(header))
                .map(preference -> WAIT.matcher(preference.strip().toLowerCase(Locale.ROOT)))
                .filter(match -> match.matches())
                .map(match -> Duration.ofSeconds(Long.parseLong(match.group(1))))
                .map(asked -> asked.compareTo(max) < 0 ? asked : max)
                .findFirst();
    }
}
