package io.millrace.bench;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.parsetools.RecordParser;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Posts documents as a few crawlers do: a stream of NDJSON on each connection, read to the last line of its answer. */
final class DocumentSender implements AutoCloseable {

    static final int CONNECTIONS = 4;

    private static final String ACCEPTED = "\"status\":202";

    /** A loop of its own, as the sender is another process in life; its processor time counts with this JVM's. */
    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));

    private final HttpClient client =
            vertx.createHttpClient(new HttpClientOptions(), new PoolOptions().setHttp1MaxSize(CONNECTIONS));

    /** Completes when each document has been accepted; fails when one was not. */
    Future<Void> send(int port, List<byte[]> documents) {
        var parts = new ArrayList<List<byte[]>>();
        for (var i = 0; i < CONNECTIONS; i++) {
            parts.add(new ArrayList<>());
        }
        for (var i = 0; i < documents.size(); i++) {
            parts.get(i % CONNECTIONS).add(documents.get(i));
        }
        return Future.all(parts.stream().map(part -> stream(port, part)).toList())
                .mapEmpty();
    }

    private Future<Void> stream(int port, List<byte[]> documents) {
        return client.request(HttpMethod.POST, port, "127.0.0.1", "/v1/documents")
                .compose(request -> {
                    request.setChunked(true).putHeader(HttpHeaders.CONTENT_TYPE, "application/x-ndjson");
                    var answered = request.response().compose(response -> accepted(response, documents.size()));
                    pump(request, documents.iterator());
                    return answered;
                });
    }

    private static void pump(HttpClientRequest request, Iterator<byte[]> documents) {
        while (documents.hasNext() && !request.writeQueueFull()) {
            request.write(Buffer.buffer(documents.next()));
        }
        if (documents.hasNext()) {
            request.drainHandler(drained -> pump(request, documents));
        } else {
            request.drainHandler(null);
            request.end();
        }
    }

    private static Future<Void> accepted(HttpClientResponse response, int expected) {
        var done = Promise.<Void>promise();
        var lines = new int[1];
        var results = RecordParser.newDelimited("\n", line -> {
            if (line.toString().contains(ACCEPTED)) {
                lines[0]++;
            } else {
                done.tryFail("a document was not accepted: " + line);
            }
        });
        response.handler(results);
        response.exceptionHandler(done::tryFail);
        response.endHandler(end -> {
            if (lines[0] == expected) {
                done.tryComplete();
            } else {
                done.tryFail("%d of %d documents were accepted".formatted(lines[0], expected));
            }
        });
        return done.future();
    }

    @Override
    public void close() {
        Waiting.await(client.close());
        Waiting.await(vertx.close());
    }
}
