package io.millrace.bench;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One connection that posts documents, one after the other: a socket, a few bytes around the body, and as little reading of
 * the answer as tells where it ends, so that posting costs a fraction of being posted to. Of one event loop.
 */
final class PostConnection {

    private static final int STATUS_AT = "HTTP/1.1 ".length();
    private static final byte[] LENGTH = "\r\ncontent-length: ".getBytes(StandardCharsets.US_ASCII);

    private final NetSocket socket;
    private Buffer received = Buffer.buffer();
    private @Nullable Promise<Integer> answer;

    private PostConnection(NetSocket socket) {
        this.socket = socket;
        socket.handler(this::receive);
        socket.closeHandler(closed -> fail("the connection was closed"));
    }

    static Future<PostConnection> open(NetClient client, int port) {
        return client.connect(port, "127.0.0.1").map(PostConnection::new);
    }

    /** A whole request around a document. */
    static Buffer request(byte[] document, String headers) {
        var head =
                "POST /v1/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
                        .formatted(headers, document.length);
        return Buffer.buffer(head).appendBytes(document);
    }

    /** Sends a request; gives the status of its answer, which is 200 or 202, once all of it is there. */
    Future<Integer> send(Buffer request) {
        var sent = Promise.<Integer>promise();
        answer = sent;
        socket.write(request);
        return sent.future();
    }

    private void receive(Buffer bytes) {
        received = received.length() == 0 ? bytes : received.appendBuffer(bytes);
        var lengthAt = find(LENGTH, 0);
        if (lengthAt < 0) {
            return;
        }
        var at = lengthAt + LENGTH.length;
        var length = 0;
        for (; at < received.length() && received.getByte(at) != '\r'; at++) {
            length = length * 10 + received.getByte(at) - '0';
        }
        var endOfHead = find(END_OF_HEAD, at);
        if (endOfHead >= 0 && received.length() >= endOfHead + END_OF_HEAD.length + length) {
            answered();
        }
    }

    private static final byte[] END_OF_HEAD = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private int find(byte[] wanted, int from) {
        for (var at = from; at <= received.length() - wanted.length; at++) {
            var same = 0;
            while (same < wanted.length && received.getByte(at + same) == wanted[same]) {
                same++;
            }
            if (same == wanted.length) {
                return at;
            }
        }
        return -1;
    }

    private void answered() {
        var status = Integer.parseInt(received.getString(STATUS_AT, STATUS_AT + 3));
        if (status != 202 && status != 200) {
            fail("a document was not accepted: " + received);
            return;
        }
        received = Buffer.buffer();
        var sent = answer;
        answer = null;
        if (sent != null) {
            sent.complete(status);
        }
    }

    private void fail(String why) {
        var sent = answer;
        answer = null;
        if (sent != null) {
            sent.fail(why);
        }
    }

    void close() {
        socket.close();
    }
}
