package io.millrace.stream;

import static io.millrace.stream.Futures.failure;
import static io.millrace.stream.Futures.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GroupCommitTest {

    private record Flush(List<Integer> items, Promise<List<String>> done) {
        void succeed() {
            done.complete(items.stream().map(item -> "answer " + item).toList());
        }
    }

    private final List<Flush> flushes = new ArrayList<>();
    private final GroupCommit.Budget budget = new GroupCommit.Budget(1_000);
    private final GroupCommit<Integer, String> commits = new GroupCommit<>(budget, 4, 100, this::flush);

    private Future<List<String>> flush(List<Integer> items) {
        var flush = new Flush(items, Promise.promise());
        flushes.add(flush);
        return flush.done().future();
    }

    @Test
    void whatArrivesDuringAFlushFormsTheNextOne() {
        commits.add(1, 1);
        commits.add(2, 1);
        commits.add(3, 1);
        assertThat(flushes).extracting(Flush::items).containsExactly(List.of(1));

        flushes.get(0).succeed();
        assertThat(flushes).extracting(Flush::items).containsExactly(List.of(1), List.of(2, 3));
    }

    @Test
    void anAnswerComesWithItsOwnFlushAndNoEarlier() {
        var first = commits.add(1, 1);
        var second = commits.add(2, 1);
        var third = commits.add(3, 1);

        flushes.get(0).succeed();
        assertThat(get(first)).isEqualTo("answer 1");
        assertThat(second.isComplete()).isFalse();
        flushes.get(1).succeed();
        assertThat(get(second)).isEqualTo("answer 2");
        assertThat(get(third)).isEqualTo("answer 3");
    }

    @Test
    void aFlushIsBoundedInItemsAndInBytesButTakesOneAtLeast() {
        commits.add(0, 1);
        IntStream.rangeClosed(1, 5).forEach(item -> commits.add(item, 10));
        commits.add(6, 95);
        commits.add(7, 500);
        commits.add(8, 1);

        for (var i = 0; i < flushes.size(); i++) {
            flushes.get(i).succeed();
        }
        assertThat(flushes)
                .extracting(Flush::items)
                .containsExactly(List.of(0), List.of(1, 2, 3, 4), List.of(5), List.of(6), List.of(7), List.of(8));
    }

    @Test
    void pastTheBudgetCallersAreRefusedUntilItIsGivenBack() {
        var first = commits.add(1, 600);
        var refused = commits.add(2, 600);
        assertThat(failure(refused)).isInstanceOf(GroupCommit.Overloaded.class);
        assertThat(budget.heldBytes()).isEqualTo(600);

        flushes.get(0).succeed();
        get(first);
        assertThat(budget.heldBytes()).isZero();
        commits.add(3, 600);
        flushes.get(1).done().fail("disk full");
        assertThat(budget.heldBytes()).isZero();
    }

    @Test
    void nobodyHoldsMoreOfTheBudgetThanHeLeavesFree() {
        assertThat(taken("loud", 100)).isEqualTo(5);
        assertThat(taken("second", 100)).isEqualTo(3);
        assertThat(taken("quiet", 100)).isEqualTo(1);
        assertThat(taken("loud", 100)).isZero();

        for (var i = 0; i < flushes.size(); i++) {
            flushes.get(i).succeed();
        }
        assertThat(budget.heldBytes()).isZero();
        assertThat(taken("loud", 100)).isEqualTo(5);
    }

    /** How many items an owner gets in. */
    private int taken(String owner, int bytes) {
        var taken = 0;
        for (var added = commits.add(owner, 0, bytes); !added.failed(); added = commits.add(owner, 0, bytes)) {
            taken++;
        }
        return taken;
    }

    @Test
    void aFailedFlushFailsItsOwnCallersOnly() {
        var first = commits.add(1, 1);
        var second = commits.add(2, 1);

        flushes.get(0).done().fail(new IllegalStateException("first"));
        flushes.get(1).succeed();
        assertThat(failure(first)).hasMessage("first");
        assertThat(get(second)).isEqualTo("answer 2");
    }

    @Test
    void aFlushThatThrowsOrAnswersTooFewFailsItsOwnCallersOnly() {
        var calls = new AtomicInteger();
        var odd = new GroupCommit<Integer, Integer>(budget, 1, 100, items -> switch (calls.incrementAndGet()) {
            case 1 -> throw new IllegalStateException("thrown");
            case 2 -> Future.succeededFuture(List.of());
            default -> Future.succeededFuture(items);
        });

        assertThatThrownBy(() -> get(odd.add(1, 1))).hasMessage("thrown");
        assertThatThrownBy(() -> get(odd.add(2, 1))).hasMessage("0 answers for 1 items");
        assertThat(get(odd.add(3, 1))).isEqualTo(3);
        assertThat(budget.heldBytes()).isZero();
    }

    @Test
    void underManyThreadsOneFlushIsInFlightAndEachCallerGetsItsOwnAnswer() throws Exception {
        var inFlight = new AtomicInteger();
        var most = new AtomicInteger();
        var flushed = new ConcurrentLinkedQueue<Integer>();
        try (var disk = Executors.newSingleThreadExecutor();
                var callers = Executors.newFixedThreadPool(4)) {
            var busy = new GroupCommit<Integer, Integer>(new GroupCommit.Budget(1 << 20), 100, 1 << 20, items -> {
                most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
                var done = Promise.<List<Integer>>promise();
                disk.execute(() -> {
                    flushed.addAll(items);
                    inFlight.decrementAndGet();
                    done.complete(items.stream().map(item -> -item).toList());
                });
                return done.future();
            });
            var answers = new ConcurrentLinkedQueue<Future<Void>>();
            var added = IntStream.range(0, 10_000)
                    .mapToObj(item ->
                            callers.submit(() -> answers.add(busy.add(item, 1).map(answer -> {
                                assertThat(answer).isEqualTo(-item);
                                return null;
                            }))))
                    .toList();
            for (var one : added) {
                assertThat(one.get()).isTrue();
            }
            get(Future.all(List.copyOf(answers)));
        }
        assertThat(most).hasValue(1);
        assertThat(flushed).hasSize(10_000).doesNotHaveDuplicates();
    }
}
