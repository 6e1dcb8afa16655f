package io.millrace.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What a connection may and may not do, besides what {@link BadRequests} has in its table. */
class ClientConnectionsTest {

    private static final Door DOOR = Door.open();
    private static final Door IMPATIENT = Door.impatient();
    private static final String LIVE = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    private static final String POST = "POST /v1/documents HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    private static final String DOCUMENT = "{\"source_uri\":\"u\",\"content\":\"c\"}";

    @AfterAll
    static void closeDoors() {
        DOOR.close();
        IMPATIENT.close();
    }

    @Test
    void aConnectionThatWasUsedMayRestForLongerThanHeadersMayTake() {
        try (var connection = IMPATIENT.connect()) {
            assertThat(connection.exchange(bytes(LIVE)).status()).isEqualTo(200);
            pass(Door.PATIENCE.multipliedBy(2));
            assertThat(connection.exchange(bytes(LIVE)).status()).isEqualTo(200);
        }
    }

    @Test
    void headersThatTrickleAreCutOffAsIfTheyHadStopped() throws InterruptedException {
        try (var connection = IMPATIENT.connect()) {
            connection.send(bytes("GET /health/live HTTP/1.1\r\n"));
            var trickling = Thread.ofVirtual().start(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    LockSupport.parkNanos(Door.PATIENCE.dividedBy(5).toNanos());
                    connection.send(bytes("X: y\r\n"));
                }
            });
            // Did each of them win time, it would never come.
            assertThat(connection.read().status()).isEqualTo(408);
            trickling.interrupt();
            trickling.join();
        }
    }

    @Test
    void aSlowBodyThatKeepsComingIsTaken() {
        assertThat(await().atMost(Duration.ofMinutes(1))
                        .until(this::answerToABodyThatTakesLongerThanAnyPauseMay, Objects::nonNull))
                .isEqualTo(202);
    }

    /** Its status; null when the machine made a longer pause in it. */
    private @Nullable Integer answerToABodyThatTakesLongerThanAnyPauseMay() {
        var pieces = 6;
        var content = "c".repeat(1_000);
        var document = "{\"source_uri\":\"u\",\"content\":\"" + content.repeat(pieces) + "\"}";
        try (var connection = IMPATIENT.connect()) {
            connection.send(bytes(POST + "Content-Length: " + document.length() + "\r\n\r\n"));
            var longest = Duration.ZERO;
            for (var i = 0; i < pieces; i++) {
                var before = System.nanoTime();
                pass(Door.PATIENCE.dividedBy(4));
                var from = i * document.length() / pieces;
                connection.send(bytes(document.substring(from, (i + 1) * document.length() / pieces)));
                var pause = Duration.ofNanos(System.nanoTime() - before);
                longest = pause.compareTo(longest) > 0 ? pause : longest;
            }
            return longest.compareTo(Door.PATIENCE.dividedBy(2)) > 0
                    ? null
                    : connection.read().status();
        }
    }

    @Test
    void whoIsRefusedAndGoesOnSendingIsCutOff() {
        try (var connection = IMPATIENT.connect()) {
            var refused = connection.exchange(bytes(POST + "Content-Length: 99999999\r\n\r\n[{"));
            assertThat(refused.status()).isEqualTo(413);
            assertThat(refused.keepsAlive()).isFalse();
            assertThatThrownBy(connection::read).isInstanceOf(RawConnection.ClosedWithoutAnswer.class);
        }
    }

    @Test
    void whereAnAnswerHasNoLengthAConnectionOfHttp10EndsWithIt() {
        try (var connection = DOOR.connect()) {
            var head =
                    "POST /v1/documents HTTP/1.0\r\nConnection: keep-alive\r\nContent-Type: application/x-ndjson\r\n";
            var answer = connection.exchangeToEnd(
                    bytes(head + "Content-Length: " + DOCUMENT.length() + "\r\n\r\n" + DOCUMENT));
            assertThat(answer)
                    .startsWith("HTTP/1.0 200")
                    .containsIgnoringCase("connection: close")
                    .contains("\"status\":202");
        }
    }

    @Test
    void whereAnAnswerHasALengthAConnectionOfHttp10MayStay() {
        try (var connection = DOOR.connect()) {
            for (var i = 0; i < 2; i++) {
                var answer = connection.exchange(bytes("GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
                assertThat(answer.status()).isEqualTo(200);
            }
        }
    }

    @Test
    void linesThatCameBeforeAStreamBrokeHaveTheirResults() {
        try (var connection = DOOR.connect()) {
            var line = DOCUMENT + "\n";
            var answer = connection.exchange(bytes("POST /v1/documents HTTP/1.1\r\nHost: x\r\n"
                    + "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + Integer.toHexString(line.length()) + "\r\n" + line + "\r\nno size\r\n"));
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.keepsAlive()).isFalse();
            assertThat(answer.body().lines()).hasSize(2);
            assertThat(answer.body()).contains("\"line\":1,\"status\":202", "\"line\":2,\"status\":400");
            assertThatThrownBy(connection::read).isInstanceOf(RawConnection.ClosedWithoutAnswer.class);
        }
    }

    @Test
    void requestsMayFollowEachOtherUnasked() {
        try (var connection = DOOR.connect()) {
            var post = POST + "Content-Length: " + DOCUMENT.length() + "\r\n\r\n" + DOCUMENT;
            connection.send(bytes(LIVE + post + "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" + LIVE));
            var statuses = new ArrayList<Integer>();
            for (var i = 0; i < 4; i++) {
                statuses.add(connection.read().status());
            }
            assertThat(statuses).containsExactly(200, 202, 404, 200);
        }
    }

    @Test
    void whatFollowsATransferThatIsNotUnderstoodIsNoRequest() {
        try (var connection = DOOR.connect()) {
            connection.send(bytes(POST + "Transfer-Encoding: gzip\r\n\r\n" + LIVE));
            assertThat(connection.read().status()).isEqualTo(400);
            assertThatThrownBy(connection::read).isInstanceOf(RuntimeException.class);
        }
    }

    @Test
    void whoAsksBeforeSendingIsToldToGoOn() {
        try (var connection = DOOR.connect()) {
            connection.send(bytes(POST + "Expect: 100-continue\r\nContent-Length: " + DOCUMENT.length() + "\r\n\r\n"));
            assertThat(connection.readInterim()).isEqualTo(100);
            assertThat(connection.exchange(bytes(DOCUMENT)).status()).isEqualTo(202);
        }
    }

    @Test
    void anUpgradeThatIsNotOfferedIsPassedOver() {
        try (var connection = DOOR.connect()) {
            var upgrade =
                    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAA\r\n\r\n";
            var answer = connection.exchange(bytes("GET /health/live HTTP/1.1\r\nHost: x\r\n" + upgrade));
            assertThat(answer.status()).isEqualTo(200);
        }
    }

    @Test
    void aCrowdKeepsNobodyOutForLongerThanItStays() {
        var crowd = new ArrayList<RawConnection>();
        for (var i = 0; i < Door.CONNECTIONS_MAX; i++) {
            crowd.add(DOOR.connect());
        }
        var inside = crowd.getFirst();
        assertThat(List.of(status(LIVE), inside.exchange(bytes(LIVE)).status())).containsExactly(503, 200);
        crowd.forEach(RawConnection::close);
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(status(LIVE)).isEqualTo(200));
        await().atMost(Duration.ofSeconds(10)).until(() -> DOOR.connections() == 0);
    }

    private static int status(String request) {
        try (var connection = DOOR.connect()) {
            return connection.exchange(bytes(request)).status();
        }
    }

    /** Nothing tells that a client does nothing but the clock. */
    private static void pass(Duration time) {
        await().pollDelay(time).atMost(time.plusSeconds(10)).until(() -> true);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
