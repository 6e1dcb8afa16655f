package io.millrace.stream;

import io.vertx.sqlclient.Tuple;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * The writes of batches that share a transaction: what writes rows by the same statement becomes one. The writes of each
 * batch keep their order.
 */
final class MergedWrites {

    private MergedWrites() {}

    static List<Write> of(List<List<Write>> batches) {
        var queues = new ArrayList<Deque<Write>>();
        for (var writes : batches) {
            if (!writes.isEmpty()) {
                queues.add(new ArrayDeque<>(writes));
            }
        }
        var merged = new ArrayList<Write>();
        while (!queues.isEmpty()) {
            merged.add(take(queues, next(queues)));
            queues.removeIf(Deque::isEmpty);
        }
        return merged;
    }

    /** What is first of one batch and not to come in another, where there is such a thing: then all of it goes at once. */
    private static Write next(List<Deque<Write>> queues) {
        for (var queue : queues) {
            var first = queue.element();
            if (queues.stream().noneMatch(other -> isBehindTheFirst(other, first))) {
                return first;
            }
        }
        return queues.getFirst().element();
    }

    private static boolean isBehindTheFirst(Deque<Write> queue, Write write) {
        return !queue.element().sql().equals(write.sql())
                && queue.stream().anyMatch(other -> other.sql().equals(write.sql()));
    }

    private static Write take(List<Deque<Write>> queues, Write next) {
        if (!next.areRows()) {
            return queues.stream()
                    .filter(queue -> queue.element().equals(next))
                    .findFirst()
                    .orElseThrow()
                    .remove();
        }
        var same = new ArrayList<Write>();
        for (var queue : queues) {
            var first = queue.element();
            if (first.areRows() && first.sql().equals(next.sql())) {
                same.add(queue.remove());
            }
        }
        return same.size() == 1 ? next : Write.rows(next.sql(), joined(same));
    }

    private static Tuple joined(List<Write> writes) {
        var columns = new ArrayList<>(writes.size());
        for (var i = 0; i < writes.getFirst().parameters().size(); i++) {
            columns.add(joined(writes, i));
        }
        return Tuple.tuple(columns);
    }

    private static Object[] joined(List<Write> writes, int column) {
        var arrays = writes.stream()
                .map(write -> (Object[]) write.parameters().getValue(column))
                .toList();
        var joined = Arrays.copyOf(
                arrays.getFirst(),
                arrays.stream().mapToInt(array -> array.length).sum());
        var at = 0;
        for (var array : arrays) {
            System.arraycopy(array, 0, joined, at, array.length);
            at += array.length;
        }
        return joined;
    }
}
