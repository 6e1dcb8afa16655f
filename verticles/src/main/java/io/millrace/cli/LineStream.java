package io.millrace.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lines of a body, handed from the HTTP client's thread to the one that reads them. No more are asked for than a window, so
 * that a body of any length takes no more memory than that; how a body ends comes behind its last line.
 */
final class LineStream implements Flow.Subscriber<String> {

    private static final int WINDOW_LINES = 256;

    private sealed interface Item {
        record Line(String text) implements Item {}

        record End(@Nullable Throwable failure) implements Item {}
    }

    private final BlockingQueue<Item> items = new LinkedBlockingQueue<>();
    private volatile Flow.@Nullable Subscription subscription;

    /** The next line; null behind the last one. A body that broke off, or stands still for too long, throws. */
    @Nullable
    String next(Duration patience) throws IOException, InterruptedException {
        return switch (items.poll(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            case null -> throw new IOException("nothing came for " + Format.seconds(patience));
            case Item.Line(var text) -> {
                request(1);
                yield text;
            }
            case Item.End(var failure) -> {
                if (failure != null) {
                    throw failure instanceof IOException io ? io : new IOException(failure);
                }
                yield null;
            }
        };
    }

    void fail(Throwable failure) {
        items.add(new Item.End(failure));
    }

    private void request(int lines) {
        var open = subscription;
        if (open != null) {
            open.request(lines);
        }
    }

    @Override
    public void onSubscribe(Flow.Subscription opened) {
        subscription = opened;
        request(WINDOW_LINES);
    }

    @Override
    public void onNext(String line) {
        items.add(new Item.Line(line));
    }

    @Override
    public void onError(Throwable failure) {
        fail(failure);
    }

    @Override
    public void onComplete() {
        items.add(new Item.End(null));
    }
}
