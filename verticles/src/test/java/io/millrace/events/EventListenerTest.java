package io.millrace.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a client is given up, told second by second. */
class EventListenerTest {

    private static final int STALL_SECONDS = 2;

    private final FakeConnection connection = new FakeConnection();
    private Vertx vertx;
    private EventListener listener;

    private static final class FakeConnection implements EventListener.Connection {
        private final List<EventListener.End> ends = new ArrayList<>();
        private boolean full;

        @Override
        public boolean isFull() {
            return full;
        }

        @Override
        public void write(EventSlice slice) {}

        @Override
        public void beat(long upTo) {}

        @Override
        public void close(EventListener.End end) {
            ends.add(end);
        }
    }

    @BeforeEach
    void listen() {
        vertx = Vertx.vertx();
        var feed = new EventFeed(vertx, () -> {
            throw new AssertionError("there is nothing to read");
        });
        var patience = new EventListener.Patience(Duration.ofSeconds(1), Duration.ofSeconds(STALL_SECONDS));
        listener = new EventListener(feed, new EventFilter("w", Set.of()), 0, connection, patience);
    }

    @AfterEach
    void close() {
        vertx.close();
    }

    private void seconds(int count) {
        for (var i = 0; i < count; i++) {
            listener.second();
        }
    }

    @Test
    void aClientThatTakesNothingIsClosed() {
        connection.full = true;

        seconds(STALL_SECONDS);
        assertThat(connection.ends).isEmpty();

        seconds(1);
        assertThat(connection.ends).containsExactly(EventListener.End.STALLED);
    }

    /** It is behind each time that somebody looks, and takes something between any two looks. */
    @Test
    void aClientThatIsSlowStays() {
        for (var i = 0; i < 3 * STALL_SECONDS; i++) {
            connection.full = false;
            listener.pump();
            connection.full = true;
            listener.second();
        }

        assertThat(connection.ends).isEmpty();
    }
}
