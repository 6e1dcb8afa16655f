package io.millrace.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.MillraceException.Overloaded;
import io.millrace.stream.HeapBudget;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Answers whose size shows late, in a door that has room for a mebibyte of them. */
class DoorMemoryTest {

    private static final Vertx VERTX = Vertx.vertx();
    private static final int ROOM = 1 << 20;
    private static final int LARGE = 600 << 10;

    private final HeapBudget work = new HeapBudget(64 << 20);
    private final DoorMemory memory = new DoorMemory(VERTX, () -> work, 8 * ROOM);

    @AfterAll
    static void close() {
        VERTX.close();
    }

    private DoorMemory.Answer<Buffer> answer(long mostBytes, int bytes) throws Exception {
        return memory.answering(mostBytes, () -> Future.succeededFuture("x".repeat(bytes)), String::length)
                .toCompletionStage()
                .toCompletableFuture()
                .get(1, TimeUnit.MINUTES);
    }

    @Test
    void aLargeAnswerHasItsRoomUntilItsClientHasTakenIt() throws Exception {
        var first = answer(0, LARGE);
        assertThatThrownBy(() -> answer(0, LARGE)).hasCauseInstanceOf(Overloaded.class);

        first.taken().run();

        assertThat(answer(0, LARGE).value().length()).isEqualTo(LARGE + 2);
        assertThat(work.heldBytes()).isZero();
    }

    @Test
    void aSmallAnswerNeedsNoRoom() throws Exception {
        answer(0, LARGE);
        assertThat(answer(0, 1_000).value().length()).isEqualTo(1_002);
    }

    @Test
    void ofTheRoomForTheMostThatMayComeAnAnswerKeepsWhatItNeeds() throws Exception {
        answer(ROOM, 1_000);
        answer(ROOM / 2, 100 << 10);
        assertThat(answer(0, LARGE).value().length()).isEqualTo(LARGE + 2);
    }

    @Test
    void whatCannotBeReadGivesItsRoomBack() throws Exception {
        assertThatThrownBy(() -> memory.answering(ROOM, () -> Future.<String>failedFuture("gone"), String::length)
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(1, TimeUnit.MINUTES))
                .hasMessageContaining("gone");
        assertThat(answer(ROOM, LARGE).value().length()).isEqualTo(LARGE + 2);
    }
}
