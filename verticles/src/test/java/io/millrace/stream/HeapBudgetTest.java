package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class HeapBudgetTest {

    private final HeapBudget budget = new HeapBudget(100);

    @Test
    void whoDoesNotFitWaitsUntilOthersGiveBack() {
        var first = budget.take(60);
        var second = budget.take(60);
        assertThat(first.isComplete()).isTrue();
        assertThat(second.isComplete()).isFalse();

        first.result().close();
        assertThat(second.isComplete()).isTrue();
        assertThat(budget.heldBytes()).isEqualTo(60);
    }

    @Test
    void smallOnesDoNotPassALargeOneThatWaits() {
        var first = budget.take(60);
        var large = budget.take(90);
        var small = budget.take(10);
        assertThat(small.isComplete()).isFalse();
        assertThat(budget.tryTake(10)).isNull();

        first.result().close();
        assertThat(large.isComplete()).isTrue();
        assertThat(small.isComplete()).isTrue();
    }

    @Test
    void whatIsLargerThanTheBudgetGetsAllOfIt() {
        var all = budget.take(1_000);
        assertThat(all.isComplete()).isTrue();
        assertThat(budget.heldBytes()).isEqualTo(100);
        assertThat(budget.tryTake(1)).isNull();
    }

    @Test
    void givingBackTwiceIsAsGoodAsOnce() {
        var lease = Objects.requireNonNull(budget.tryTake(40));
        lease.close();
        lease.close();
        assertThat(budget.heldBytes()).isZero();
    }

    @Test
    void whoWaitsTooLongIsToldAndStandsInNobodysWay() {
        var vertx = Vertx.vertx();
        try {
            var first = budget.take(60);
            var impatient = budget.take(vertx, 90, Duration.ofMillis(10));
            var small = budget.take(40);
            await().until(impatient::failed);
            assertThat(impatient.cause()).isInstanceOf(HeapBudget.Exhausted.class);
            await().until(small::isComplete);
            first.result().close();
            assertThat(budget.heldBytes()).isEqualTo(40);
        } finally {
            vertx.close();
        }
    }

    @Test
    void aBatchIsSmallerWhereThereIsLittle() {
        assertThat(new HeapBudget(96_000_000).batchBytes(4 << 20)).isEqualTo(1_000_000);
        assertThat(new HeapBudget(1L << 40).batchBytes(4 << 20)).isEqualTo(4 << 20);
        assertThat(budget.batchBytes(4 << 20)).isEqualTo(1);
    }
}
