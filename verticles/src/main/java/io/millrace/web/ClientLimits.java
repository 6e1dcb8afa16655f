package io.millrace.web;

import java.time.Duration;

/**
 * How much of the door's time and room one client may take.
 *
 * @param headers for the headers of a request to arrive, from their first byte
 * @param body without a byte of a body that is awaited
 * @param idle for a connection without a request, or whose client does not take its answer, or between the lines of a stream
 * @param connections open at once
 * @param inflationRatio bytes that one compressed byte may stand for, beyond a first mebibyte
 * @param longestWait for which a request may wait for its jobs
 */
public record ClientLimits(
        Duration headers, Duration body, Duration idle, int connections, int inflationRatio, Duration longestWait) {}
