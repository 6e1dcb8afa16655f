package io.millrace.stream;

import static io.millrace.stream.Futures.failure;
import static io.millrace.stream.Futures.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ComputePoolTest {

    private final ConcurrentLinkedQueue<String> overruns = new ConcurrentLinkedQueue<>();

    @Test
    void workRunsOnPlatformThreadsAndNoMoreThanAllowedAtOnce() {
        var running = new AtomicInteger();
        var most = new AtomicInteger();
        try (var pool = new ComputePool(2, Duration.ofSeconds(10), overruns::add)) {
            var results = IntStream.range(0, 50)
                    .mapToObj(i -> pool.run("work " + i, () -> {
                        most.accumulateAndGet(running.incrementAndGet(), Math::max);
                        assertThat(Thread.currentThread().isVirtual()).isFalse();
                        running.decrementAndGet();
                        return i;
                    }))
                    .toList();
            assertThat(get(Future.all(results)).<Integer>list()).hasSize(50).doesNotHaveDuplicates();
        }
        assertThat(most).hasValueLessThanOrEqualTo(2);
        assertThat(overruns).isEmpty();
    }

    @Test
    void whatTheWorkThrowsIsItsAnswerAlsoAnError() {
        try (var pool = new ComputePool(1, Duration.ofSeconds(10), overruns::add)) {
            var failed = pool.run("deep", () -> {
                throw new StackOverflowError();
            });
            assertThat(failure(failed)).isInstanceOf(StackOverflowError.class);
            assertThat(get(pool.run("next", () -> "fine"))).isEqualTo("fine");
        }
    }

    @Test
    void theDeadlineCountsFromTheStartOfTheWork() {
        var release = new CountDownLatch(1);
        try (var pool = new ComputePool(1, Duration.ofMillis(50), overruns::add)) {
            var slow = pool.run("slow", () -> {
                release.await();
                return "done";
            });
            var waiting = pool.run("waiting", () -> "quick");
            await().until(() -> !overruns.isEmpty());
            // As long as the deadline and more: by then what only waits would be told of, if its time counted.
            await().during(Duration.ofMillis(150))
                    .until(() -> List.copyOf(overruns).equals(List.of("slow")));
            release.countDown();

            assertThat(get(slow)).isEqualTo("done");
            assertThat(get(waiting)).isEqualTo("quick");
        }
    }

    @Test
    void aClosedPoolIsAnOutageAndNobodysFault() throws InterruptedException {
        var inside = new CountDownLatch(1);
        var pool = new ComputePool(1, Duration.ofSeconds(10), overruns::add);
        var interrupted = pool.run("interrupted", () -> {
            inside.countDown();
            new CountDownLatch(1).await();
            return "never";
        });
        inside.await();
        pool.close();

        assertThat(failure(interrupted)).isInstanceOf(Processor.Outage.class);
        assertThat(failure(pool.run("late", () -> "never"))).isInstanceOf(Processor.Outage.class);
    }
}
